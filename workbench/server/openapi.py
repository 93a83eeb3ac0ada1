"""The OpenAPI 3.1 document, made from the table of operations and the models of their bodies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from workbench import __version__
from workbench.server.operations import Operation
from workbench.server.shapes import ErrorShape

PATH = "/api/openapi.json"
_REF = "#/components/schemas/{model}"
_PLACE = re.compile(r"\{(?P<name>\w+)(?::\w+)?\}")
_ERRORS = {
    400: "The request is wrong; nothing was sent.",
    402: "It does not fit under the budget; nothing was sent.",
    404: "There is no such thing.",
    409: "It is in another state than that needs.",
    410: "What the key has made was deleted for good.",
    413: "The body is too large.",
    415: "The body is of another type.",
    422: "It can't be done with what there is.",
    424: "The endpoint of the model is not set up.",
    429: "Too many at once.",
    503: "The data folder can't be used.",
    507: "The disk is full; nothing was sent.",
}
_FILE = {"type": "array", "items": {"type": "string", "format": "binary"}}


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """Everything that a client can be made from."""
    bodies = [operation.body for operation in operations if operation.body]
    answered = [operation.gives for operation in operations if operation.gives]
    schemas = {**_schemas(bodies, "validation"), **_schemas([*answered, ErrorShape], "serialization")}
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        path = _PLACE.sub(lambda match: f"{{{match['name']}}}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Video prompt workbench",
            "version": __version__,
            "description": "Runs, clips, prompts, models and references of one data folder, and a drop-in "
            "for OpenAI's Videos API. With WORKBENCH_TOKEN set, send it as Authorization: Bearer.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def _operation(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": _id(operation),
        "summary": operation.summary,
        "tags": [operation.tag],
        "responses": _responses(operation),
    }
    if operation.about:
        found["description"] = operation.about
    if parameters := [*_in_path(operation), *_in_query(operation), *_in_header(operation)]:
        found["parameters"] = parameters
    if operation.body:
        schema = {"$ref": _REF.format(model=operation.body.__name__)}
        kinds = {"application/json": {"schema": schema}}
        if operation.takes_form:
            form = _form(schemas[operation.body.__name__])
            kinds["multipart/form-data"] = {"schema": form}
        found["requestBody"] = {"required": True, "content": kinds}
    return found


def _responses(operation: Operation) -> dict[str, Any]:
    kinds: dict[str, Any] = {mime: {} for mime in operation.binary}
    if operation.gives:
        kinds["application/json"] = {"schema": {"$ref": _REF.format(model=operation.gives.__name__)}}
    answers: dict[str, Any] = {str(operation.status): {"description": operation.summary, "content": kinds}}
    if "video/mp4" in operation.binary:
        answers["206"] = {"description": "A part of it.", "content": kinds}
        answers["304"] = {"description": "It is known already."}
        answers["416"] = {"description": "It is not that long."}
    asks = {400} if operation.body or operation.query or operation.direct else set()
    for status in sorted({*asks, *operation.refuses, 503, *({507} if operation.body else set())}):
        answers[str(status)] = {
            "description": _ERRORS[status],
            "content": {"application/json": {"schema": {"$ref": _REF.format(model=ErrorShape.__name__)}}},
        }
    return answers


def _in_path(operation: Operation) -> Iterable[dict[str, Any]]:
    for match in _PLACE.finditer(operation.path):
        yield {
            "name": match["name"],
            "in": "path",
            "required": True,
            "schema": {"type": "string", "minLength": 1},
        }


def _in_query(operation: Operation) -> Iterable[dict[str, Any]]:
    if operation.query is None:
        return
    schema = operation.query.model_json_schema(ref_template=_REF)
    named = schema.get("$defs", {})
    for name, field in schema.get("properties", {}).items():
        shape = _resolved(field, named)
        kinds = [each for each in shape.pop("anyOf", []) if each.get("type") != "null"]
        if kinds:
            shape |= kinds[0]
        about = shape.pop("description", "")
        shape.pop("title", None)
        if shape.get("default", "") in (None, ""):
            shape.pop("default", None)
        parameter: dict[str, Any] = {"name": name, "in": "query", "schema": shape}
        yield {**parameter, "description": about} if about else parameter


def _in_header(operation: Operation) -> Iterable[dict[str, Any]]:
    for name, about in operation.headers.items():
        yield {
            "name": name,
            "in": "header",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
            "description": about,
        }


def _resolved(field: dict[str, Any], named: dict[str, Any]) -> dict[str, Any]:
    """Without references: parameters stand for themselves."""
    text = deepcopy(field)
    if "$ref" in text:
        return {**deepcopy(named[text.pop("$ref").rpartition("/")[2]]), **text}
    if "items" in text:
        text["items"] = _resolved(text["items"], named)
    return text


def _form(schema: dict[str, Any]) -> dict[str, Any]:
    """The same fields as a form: what may be a file is one there."""
    form = deepcopy(schema)
    for name, field in form.get("properties", {}).items():
        if any(each.get("type") == "array" for each in field.get("anyOf", [])):
            form["properties"][name] = deepcopy(_FILE)
        else:
            kinds = [each for each in field.get("anyOf", []) if each.get("type") != "null"]
            if kinds:
                field["anyOf"] = kinds
    return form


def _schemas(models: Sequence[type[BaseModel]], mode: Any) -> dict[str, Any]:
    unique = list(dict.fromkeys(models))
    _, found = models_json_schema([(model, mode) for model in unique], ref_template=_REF)
    return dict(found.get("$defs", {}))


def _id(operation: Operation) -> str:
    words = re.findall(r"\w+", _PLACE.sub(lambda match: f"by_{match['name']}", operation.path))
    return "_".join([operation.method.lower(), *words])
