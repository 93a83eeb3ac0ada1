"""Which schemas of an answer the services take: a part of JSON Schema each, and not the same one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class Wrong(Exception):
    """The request is not as the service takes it; the text says what is wrong."""


# OpenAI's guide to structured outputs; what else a schema says is answered with 400.
_STRICT = {
    *("type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "$ref"),
    *("$defs", "title", "description", "pattern", "format", "minItems", "maxItems", "multipleOf"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
}
# Google's message Schema, in both spellings. It has no additionalProperties, $ref, const or allOf.
_GOOGLE = {
    *("type", "format", "title", "description", "nullable", "enum", "properties", "required", "items"),
    *("minimum", "maximum", "pattern", "example", "default"),
    *("anyOf", "maxItems", "minItems", "minProperties", "maxProperties", "minLength", "maxLength"),
    *("any_of", "max_items", "min_items", "min_properties", "max_properties", "min_length", "max_length"),
    *("propertyOrdering", "property_ordering"),
}
_DEEPEST = 10


def check_strict(schema: Any, where: str = "schema") -> None:
    """As OpenAI takes it with ``strict``: every field required, no others, at every level."""
    must(isinstance(schema, dict) and schema.get("type") == "object", f"Invalid {where}: must be an object.")
    for path, node, depth in _nodes(schema, where, 0):
        unknown = sorted(set(node) - _STRICT)
        must(not unknown, f"Invalid {path}: '{', '.join(unknown)}' is not permitted.")
        must(depth <= _DEEPEST, f"Invalid {path}: too many levels of nesting.")
        must("$ref" not in node or "default" not in node, f"Invalid {path}: $ref cannot have keywords.")
        if node.get("type") == "object":
            is_closed = node.get("additionalProperties") is False
            must(is_closed, f"Invalid {path}: 'additionalProperties' is required to be false.")
            is_whole = set(node.get("required", [])) == set(node.get("properties", {}))
            must(is_whole, f"Invalid {path}: 'required' is required to include every key in properties.")


def check_google(schema: Any, where: str = "generation_config.response_schema") -> None:
    """As the Gemini API takes a ``responseSchema``."""
    must(isinstance(schema, dict) and bool(schema.get("type")), f"{where}.type is not specified")
    for path, node, _ in _nodes(schema, where, 0):
        unknown = sorted(set(node) - _GOOGLE)
        told = f"Invalid JSON payload received. Unknown name \"{', '.join(unknown)}\" at '{path}'"
        must(not unknown, f"{told}: Cannot find field.")
        absent = sorted(set(node.get("required", [])) - set(node.get("properties", {})))
        must(not absent, f"{path}.required[0]: property is not defined")


def must(is_so: bool, wrong: str) -> None:
    if not is_so:
        raise Wrong(wrong)


def _nodes(node: Any, path: str, depth: int) -> Iterator[tuple[str, Mapping[str, Any], int]]:
    """Every schema within a schema, with where it stands and how deep."""
    must(isinstance(node, dict), f"Invalid {path}: not an object.")
    yield path, node, depth
    for name in ("properties", "$defs"):
        for key, value in node.get(name, {}).items():
            yield from _nodes(value, f"{path}.{name}[{key}]", depth + (name == "properties"))
    if "items" in node:
        yield from _nodes(node["items"], f"{path}.items", depth + 1)
    for name in ("anyOf", "any_of"):
        for number, value in enumerate(node.get(name, [])):
            yield from _nodes(value, f"{path}.{name}[{number}]", depth)
