"""From a body to rows of the log, once: for ``/v1/videos``, ``/api/runs`` and, of its keys, ``/veo31``."""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.api import Workbench
from workbench.api.drafting import Draft, draft
from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import Fault, InvalidRequest, RequestError, WorkbenchError
from workbench.domain.media import Role
from workbench.domain.request import GenerationRequest, Scalar, digest
from workbench.domain.retired import renamed
from workbench.domain.run import Origin, Run, Status
from workbench.server import sources
from workbench.server.bodies import Upload
from workbench.server.operations import Asked
from workbench.server.refusals import Refused
from workbench.store.keys import Once

KEY_HEADER = "idempotency-key"
SINGLE = {
    "first_frame": Role.FIRST_FRAME,
    "last_frame": Role.LAST_FRAME,
    "extend": Role.SOURCE_CLIP,
    "edit": Role.EDITED_CLIP,
}
MANY = {"references": Role.REFERENCE, "reference_clips": Role.REFERENCE_CLIP}
_KEY = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?")
_TROUBLE = (WorkbenchError, sqlite3.Error, OSError, RuntimeError)
_log = logging.getLogger(__name__)


def once(asked: Asked) -> Once | None:
    """The caller's key with a hash of everything that it asks for; ``None`` without one."""
    key = asked.request.headers.get(KEY_HEADER)
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise Refused(
            400,
            "invalid_request",
            "That Idempotency-Key can't be kept.",
            param="Idempotency-Key",
            hint="Allowed: 1 to 255 characters of ASCII; a UUID is best.",
        )
    return Once(key, digest([asked.request.url.path, _plain(asked.values)]))


def made_before(bench: Workbench, wish: Once | None) -> list[Run]:
    """The runs that the key has made, asked before anything is checked: a retry always finds them."""
    if wish is None or not (ids := bench.store.keys.made(wish)):
        return []
    return _kept(bench, ids)


def drafted(
    bench: Workbench,
    model: Capabilities,
    folder: Path,
    *,
    prompt: str,
    negative_prompt: str = "",
    seed: int | None = None,
    fold_negative_prompt: bool = False,
    settings: Mapping[str, Any],
    files: Mapping[str, Any],
) -> Draft:
    """Check everything; URLs are fetched here. ``files`` are by the names of ``SINGLE`` and ``MANY``."""
    one = {
        name: sources.source(bench, _only(files[name], role), role, folder)
        for name, role in SINGLE.items()
        if files.get(name) is not None
    }
    many = {
        name: [sources.source(bench, each, role, folder) for each in sources.listed(files.get(name))]
        for name, role in MANY.items()
    }
    known = {setting.name: setting for setting in model.settings}
    texts: dict[str, Scalar] = {
        name: known[name].parse(value.strip()) if name in known and isinstance(value, str) else value
        for name, value in renamed(settings, model).items()
    }
    return draft(
        model,
        prompt,
        negative_prompt=negative_prompt,
        seed=seed,
        fold_negative_prompt=fold_negative_prompt,
        settings=texts,
        references=many["references"],
        reference_clips=many["reference_clips"],
        **one,
    )


def entered(
    bench: Workbench, requests: Sequence[GenerationRequest], origin: Origin | None, wish: Once | None
) -> list[Run]:
    """Log them, have them driven, and give them as they were logged. Once they are, nothing raises.

    A client that hears of trouble sends its request again, and the second would be a run of its own.
    """
    ids = bench.enter(requests, origin, once=wish)
    try:
        made = _kept(bench, ids)
    except _TROUBLE:
        _log.exception("Runs %s are logged, but can't be read just now", ", ".join(ids))
        now = bench.clock.now()
        made = [Run(i, 0, asked, Status.QUEUED, "", now) for i, asked in zip(ids, requests, strict=True)]
    try:
        bench.drive(ids)
    except _TROUBLE:
        _log.exception("Runs %s are logged; whoever drives the folder's runs will find them", ", ".join(ids))
    return made


def check_scalars(settings: Mapping[str, Any]) -> None:
    """Raise ``InvalidRequest`` where a setting is a list, an object or a file."""
    found = [
        Fault(
            name,
            f"{name:.60} can't be {'a file' if isinstance(value, Upload) else f'{value!r:.60}'}.",
            "Allowed: a text, a number, true or false.",
        )
        for name, value in settings.items()
        if not isinstance(value, str | int | float | bool)
    ]
    if found:
        raise InvalidRequest(found)


def _only(value: Any, role: Role) -> Any:
    given = sources.listed(value)
    if len(given) != 1:
        raise RequestError(f"{len(given)} files are given as {role.label.lower()}. Allowed: one.")
    return given[0]


def _kept(bench: Workbench, ids: Sequence[str]) -> list[Run]:
    found = bench.store.runs.get_many(ids)
    if len(found) < len(ids):
        raise Refused(
            410,
            "run_gone",
            f"That Idempotency-Key has made run {ids[0]}, which was deleted for good since.",
            hint="To make another, take a new key.",
        )
    return found


def _plain(value: Any) -> Any:
    """For hashing: a file is its bytes, whatever it is called."""
    if isinstance(value, Upload):
        return {"file": value.sha256}
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value
