"""``/api/docs``: the document as a page to read. Plain HTML of our own; it loads nothing from anywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape
from typing import Any

PATH = "/api/docs"
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
_CODE = re.compile("``(.+?)``")
_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; } h3 { margin: 2rem 0 .25rem; font-size: 1rem; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid GrayText; border-radius: .25rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; }
th { font-weight: 600; } tr + tr td { border-top: 1px solid color-mix(in srgb, GrayText 40%, transparent); }
summary { cursor: pointer; } nav a { margin-right: 1rem; }
"""


def page(document: Mapping[str, Any]) -> str:
    """Every operation by tag, with its fields and an example for the command line."""
    groups: dict[str, list[str]] = {}
    schemas = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            told = _operation(path, method.upper(), operation, schemas)
            groups.setdefault(operation["tags"][0], []).append(told)
    info = document["info"]
    links = "".join(f'<a href="#{_anchor(tag)}">{escape(tag)}</a>' for tag in groups)
    body = "".join(
        f'<section><h2 id="{_anchor(tag)}">{escape(tag)}</h2>{"".join(told)}</section>'
        for tag, told in groups.items()
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(info["title"])}: HTTP</title>'
        f"<style>{_STYLE}</style></head><body><main><h1>{escape(info['title'])} over HTTP</h1>"
        f"<p>{escape(info['description'])}</p>"
        f'<p>Errors are always <code>{{"error": {{"code", "message", "param", "hint"}}}}</code>. '
        f'For programs: <a href="/api/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>'
        f"<nav>{links}</nav>{body}</main></body></html>"
    )


def _operation(path: str, method: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    parts = [f'<h3 id="{operation["operationId"]}"><code>{method} {escape(path)}</code></h3>']
    parts.append(f"<p>{escape(operation['summary'])}. {escape(operation.get('description', ''))}</p>")
    rows = [
        (each["name"], each["in"], _kind(each["schema"], schemas), each.get("description", ""))
        for each in operation.get("parameters", [])
    ]
    content = operation.get("requestBody", {}).get("content", {})
    if content:
        schema = _schema(content["application/json"]["schema"], schemas)
        rows += [
            (name, "body", _kind(field, schemas), field.get("description", ""))
            for name, field in schema.get("properties", {}).items()
        ]
        if about := schema.get("description"):
            told = _CODE.sub(r"<code>\1</code>", escape(about))
            parts.append(f"<p>{told}</p>")
        if "multipart/form-data" in content:
            parts.append("<p>As JSON, or as a form (<code>multipart/form-data</code>).</p>")
    if rows:
        cells = "".join(
            f"<tr><td><code>{escape(name)}</code></td><td>{place}</td><td>{escape(kind)}</td>"
            f"<td>{escape(about)}</td></tr>"
            for name, place, kind, about in rows
        )
        parts.append(f"<table><tr><th>Name</th><th>In</th><th>Type</th><th></th></tr>{cells}</table>")
    parts.append(_answers(operation, schemas))
    parts.append(f"<pre>{escape(_example(path, method, operation, schemas))}</pre>")
    return "".join(parts)


def _answers(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    rows = []
    for status, answer in operation["responses"].items():
        kinds = answer.get("content", {})
        shape = kinds.get("application/json", {}).get("schema", {})
        name = shape.get("$ref", "").rpartition("/")[2]
        what = name or ", ".join(kinds)
        fields = _schema(shape, schemas).get("properties", {}) if int(status) < 300 else {}
        listed = ", ".join(fields)
        more = f"<br><small>{escape(listed)}</small>" if listed else ""
        rows.append(
            f"<tr><td>{status}</td><td>{escape(answer['description'])} {escape(what)}{more}</td></tr>"
        )
    return f"<details><summary>Answers</summary><table>{''.join(rows)}</table></details>"


def _example(path: str, method: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    words = [f"curl http://127.0.0.1:8501{path}"] if method == "GET" else []
    if method != "GET":
        words = [f"curl -X {method} http://127.0.0.1:8501{path}"]
    content = operation.get("requestBody", {}).get("content", {})
    if content:
        schema = _schema(content["application/json"]["schema"], schemas)
        needed = schema.get("required") or [next(iter(schema.get("properties", {"prompt": {}})))]
        samples = {name: _sample(name, schema["properties"][name]) for name in needed}
        words.append(f"-H 'Content-Type: application/json' -d '{json.dumps(samples, ensure_ascii=False)}'")
    return " \\\n  ".join(words)


def _sample(name: str, field: Mapping[str, Any]) -> object:
    if field.get("type") == "object":
        return {"motion": 5} if name == "scores" else {}
    return {"prompt": "A lion walks through tall grass at dawn", "video": {"id": "…"}}.get(name, "…")


def _schema(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = schemas.get(schema.get("$ref", "").rpartition("/")[2], schema)
    return found


def _kind(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    """A type in a word or two."""
    if "$ref" in schema:
        return _kind(_schema(schema, schemas), schemas)
    if schema.get("title") == "Source":
        return "source, or a list"
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if "anyOf" in schema:
        kinds = dict.fromkeys(_kind(each, schemas) for each in schema["anyOf"])
        return " | ".join(kind for kind in kinds if kind != "null")
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}), schemas)}"
    if schema.get("format") == "binary":
        return "file"
    named = (("from", "minimum"), ("up to", "maximum"))
    bounds = [f"{word} {schema[bound]}" for word, bound in named if bound in schema]
    default = f"; {json.dumps(schema['default'])}" if schema.get("default") not in (None, "", {}, []) else ""
    return " ".join([str(schema.get("type", "any")), *bounds]) + default


def _anchor(tag: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in tag.lower())
