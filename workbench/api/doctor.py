"""What a workbench needs to work, looked at piece by piece. Nothing here is sent, spent or rendered."""

from __future__ import annotations

import platform
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench import __version__
from workbench.domain.capabilities import Choice
from workbench.domain.errors import UnknownModel, WorkbenchError
from workbench.store.health import health

if TYPE_CHECKING:
    from workbench.api.workbench import Workbench

LEAST_FREE_BYTES = 1_000_000_000
NEWEST_FILES = 300
LEAST_SQLITE = (3, 35)  # UPDATE … RETURNING
ENCODERS = ("libx264", "aac")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. ``hint`` says what to do where it is not ``ok``, or could be better."""

    name: str
    ok: bool
    detail: str
    hint: str = ""


def check(bench: Workbench, *, thorough: bool = True) -> list[Check]:
    """Everything, in the order in which one thing builds on the other.

    ``thorough`` reads the whole log and looks for every file (minutes on a very large folder); otherwise
    the log's version and the newest files have to do. It also asks every endpoint that is set up whether it
    is there and takes its key, which costs nothing.
    """
    return [*machine(), *_folder(bench, thorough), *_endpoints(bench, thorough), _app(bench)]


def check_without_log(error: WorkbenchError) -> list[Check]:
    """What can still be looked at when the data folder can't be opened, and why it can't."""
    return [*machine(), Check("Data folder", False, "can't be used", str(error))]


def machine() -> list[Check]:
    """Python and the libraries, whatever the data folder is like."""
    return [_python(), _sqlite(), _encoders(), _fonts()]


def _needed(name: str, ok: bool, detail: str, otherwise: str) -> Check:
    return Check(name, ok, detail, "" if ok else otherwise)


def _python() -> Check:
    found = f"{platform.python_version()}, workbench {__version__}"
    return _needed("Python", sys.version_info >= (3, 11), found, "Install Python 3.11 or newer.")


def _sqlite() -> Check:
    ok = sqlite3.sqlite_version_info >= LEAST_SQLITE
    least = ".".join(map(str, LEAST_SQLITE))
    return _needed("SQLite", ok, sqlite3.sqlite_version, f"Install a Python with SQLite {least} or newer.")


def _encoders() -> Check:
    import av

    missing = [name for name in ENCODERS if not _can_encode(name)]
    detail = f"PyAV {av.__version__}, " + (
        f"without {' and '.join(missing)}" if missing else f"with {' and '.join(ENCODERS)}"
    )
    return _needed("Video encoder", not missing, detail, "Reinstall PyAV from its wheel: pip install -U av.")


def _can_encode(name: str) -> bool:
    import av

    try:
        av.codec.Codec(name, "w")
    except ValueError:  # PyAV's own error for a codec that it does not know
        return False
    return True


def _fonts() -> Check:
    from PIL import ImageFont, features

    ok = bool(features.check("freetype2"))
    detail = f"{ImageFont.load_default(12).getname()[0]}, from Pillow" if ok else "Pillow without FreeType"  # type: ignore[union-attr]
    return _needed("Font", ok, detail, "Reinstall Pillow from its wheel: pip install -U pillow.")


def _folder(bench: Workbench, thorough: bool) -> Iterator[Check]:
    folder = bench.settings.data
    yield _writable(folder)
    free = shutil.disk_usage(folder).free
    yield _needed(
        "Free space",
        free >= LEAST_FREE_BYTES,
        f"{free / 1e9:,.1f} GB",
        "Free some space, or set WORKBENCH_DATA to a folder on another disk.",
    )
    found = health(bench.store.db, thorough=thorough)
    yield _needed(
        "Run log",
        not found.damage and found.version == found.known_version,
        f"version {found.version}, runs: {sum(bench.counts().values()):,}"
        + (", " + found.damage).rstrip(", "),
        "Stop the workbench, keep a copy of the folder, and restore a backup.",
    )
    yield _needed(
        "Full-text search",
        found.has_full_text,
        "FTS5" if found.has_full_text else "SQLite without FTS5",
        "Install a Python whose SQLite has FTS5.",
    )
    yield _media(bench, None if thorough else NEWEST_FILES)
    if bench.settings.written.models:
        yield _written(bench)


def _writable(folder: Path) -> Check:
    try:
        with tempfile.TemporaryFile(dir=folder):
            ok = True
    except OSError:
        ok = False
    return _needed(
        "Data folder", ok, str(folder), "Make it writable, or set WORKBENCH_DATA to another folder."
    )


def _media(bench: Workbench, limit: int | None) -> Check:
    """Presence and size only; hashing everything would take minutes on a large folder."""
    known = bench.store.media.newest(limit)
    lost = [media for media in known if not _is_whole(bench.path(media), media.size_bytes)]
    if not lost:
        size = sum(media.size_bytes for media in known)
        newest = " (the newest)" if len(known) == limit else ""
        return Check("Media files", True, f"{len(known):,} files{newest}, {size / 1e6:,.1f} MB, all there")
    names = ", ".join(f"{media.sha256[:12]}….{media.extension}" for media in lost[:3])
    more = f" and {len(lost) - 3:,} more" if len(lost) > 3 else ""
    return Check(
        "Media files",
        False,
        f"{len(lost):,} of {len(known):,} are missing or torn: {names}{more}",
        "Copy them back from a backup of the folder, or delete the runs that show them.",
    )


def _written(bench: Workbench) -> Check:
    """Prices and limits of ``workbench.toml`` that would never be met: their names are misspelled."""
    wrong = []
    for name, written in bench.settings.written.models.items():
        try:
            lines = bench.model(name).setting("resolution")
        except UnknownModel:
            wrong.append(f"no endpoint serves {name!r}")
            continue
        rates = {*written.price.per_second, *written.price.per_clip} - {""} if written.price else set()
        known = {str(value) for value in lines.values} if isinstance(lines, Choice) else rates
        wrong += [f"{name} has no resolution {rate!r}" for rate in sorted(rates - known)]
    count = len(bench.settings.written.models)
    detail = "; ".join(wrong) or f"prices or limits of {count} model{'s' * (count != 1)}"
    return _needed("workbench.toml", not wrong, detail, "Mend these names: what stands there has no effect.")


def _is_whole(path: Path, size_bytes: int) -> bool:
    try:
        return path.stat().st_size == size_bytes
    except OSError:
        return False


def _endpoints(bench: Workbench, thorough: bool) -> Iterator[Check]:
    probes = bench.probe() if thorough else {}
    for provider in bench.endpoints():
        missing, probe = provider.missing(), probes.get(provider.endpoint)
        models = ", ".join(model.model for model in provider.models()) or "no models"
        if probe and not missing:
            yield Check(f"Endpoint {provider.endpoint}", probe.ok, f"{models}; {probe.detail}", probe.hint)
            continue
        yield Check(
            f"Endpoint {provider.endpoint}",
            True,  # a provider that nobody has set up is nothing broken
            "not set up" if missing else models,
            "; ".join(f"set {m.variable} ({m.what})" for m in missing),
        )


def _app(bench: Workbench) -> Check:
    now = bench.clock.now()
    ready = [provider.account for provider in bench.endpoints() if not provider.missing()]
    up = any(bench.store.runners.app_serves(account, now) for account in ready)
    detail = "up, and drives the runs of this folder" if up else "not running"
    return Check(
        "App", True, detail, "" if up else "`workbench` starts it; without it, each command drives its own."
    )
