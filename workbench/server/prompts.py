"""``/api/prompts``: named prompts with their versions."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from workbench.api import Workbench
from workbench.domain.capabilities import PROMPT_LIMIT_BYTES
from workbench.domain.errors import Fault, InvalidRequest
from workbench.domain.saved_prompt import PromptVersion
from workbench.domain.times import to_text
from workbench.server.operations import Asked, Operation, shown
from workbench.server.refusals import Refused
from workbench.server.shapes import PromptHistory, PromptNames, PromptVersionShape


class NewVersion(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=120)
    text: str
    negative_text: str = ""
    note: str = Field("", max_length=1_000)


class NameQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    after: str = Field("", description="The last name of the page before.")
    limit: int = Field(100, ge=1, le=1_000)


def names(bench: Workbench, asked: Asked) -> Response:
    query: NameQuery = asked.query
    known = bench.store.prompts.names()
    beyond = [name for name in known if (name.lower(), name) > (query.after.lower(), query.after)]
    return shown({"data": beyond[: query.limit], "has_more": len(beyond) > query.limit})


def history(bench: Workbench, asked: Asked) -> Response:
    name = asked.path["name"]
    found = bench.store.prompts.history(name)
    if not found:
        raise Refused(404, "unknown_prompt", f"There is no prompt called {name!r:.140}.")
    return shown({"data": [_version(version) for version in found]})


def save(bench: Workbench, asked: Asked) -> Response:
    body: NewVersion = asked.body
    for field in ("name", "text", "negative_text", "note"):
        said = str(getattr(body, field))
        if "\0" in said:
            raise InvalidRequest([Fault(field, f"{field} holds a NUL character.", "Remove it.")])
        if len(said.encode()) > PROMPT_LIMIT_BYTES:
            wrong = f"{field} is {len(said.encode()):,} bytes long as UTF-8."
            raise InvalidRequest([Fault(field, wrong, f"Allowed: up to {PROMPT_LIMIT_BYTES:,} bytes.")])
    saved = bench.store.prompts.save(body.name, body.text, body.negative_text, bench.clock.now(), body.note)
    return shown(_version(saved), 201)


def _version(version: PromptVersion) -> dict[str, object]:
    return {
        "id": version.id,
        "name": version.name,
        "number": version.number,
        "text": version.text,
        "negative_text": version.negative_text,
        "note": version.note,
        "created_at": to_text(version.created_at),
    }


_TAG = "Prompts"
OPERATIONS = (
    Operation("GET", "/api/prompts", names, "Names of saved prompts", _TAG, PromptNames, query=NameQuery),
    Operation(
        "POST",
        "/api/prompts",
        save,
        "Save a version",
        _TAG,
        PromptVersionShape,
        201,
        body=NewVersion,
        refuses=(413, 415),
        about="The newest version unchanged, where it says just that already.",
    ),
    Operation(
        "GET",
        "/api/prompts/{name:rest}",
        history,
        "Versions of a prompt, newest first",
        _TAG,
        PromptHistory,
        refuses=(404,),
    ),
)
