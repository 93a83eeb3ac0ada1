"""A job's rendering on a Dask cluster. The job's own process stays here and waits for the files.

So a job is as durable as one that renders here: whatever dies, the folder says how it stands, and what is
started again gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from workbench.media.cluster import CONNECT_S, connected
from workbench.media.lending import Lent
from workbench.media.worker import Progress
from workbench.providers.animatic.render import CLIP, LAST_FRAME, render_job

ADDRESS = "executor"


def render_far(folder: Path, progress: Progress, arguments: Mapping[str, Any]) -> dict[str, object]:
    """As ``render_job``, by a worker of the cluster at ``arguments["executor"]``.

    Raises ``BadSetting`` where no scheduler answers, and whatever went wrong there.
    """
    progress(0.0, "handing it to the cluster")
    client = connected(str(arguments[ADDRESS]))
    try:
        progress(0.02, "rendering on the cluster")
        files = client.submit(render_lent, dict(arguments), pure=False, retries=0).result()
    finally:
        client.close(timeout=CONNECT_S)
    for name, content in files.items():
        part = folder / f".{name}.part"
        try:
            part.write_bytes(content)
            part.replace(folder / name)
        finally:
            part.unlink(missing_ok=True)
    return {"clip": CLIP, "last_frame": LAST_FRAME}


def render_lent(arguments: dict[str, Any]) -> dict[str, bytes]:
    """What the cluster's worker does: the two files by name, made from media as it can get them."""
    still = arguments.get("clean_last_frame")
    with Lent() as lent, TemporaryDirectory(prefix="workbench-render-") as folder:
        media = {role: [str(lent(path)) for path in paths] for role, paths in arguments["media"].items()}
        clean = None
        if still:
            with suppress(FileNotFoundError):  # as here: without it, the clip's own last picture serves
                clean = str(lent(still))
        render_job(Path(folder), _untold, {**arguments, "media": media, "clean_last_frame": clean})
        return {
            name: path.read_bytes() for name in (CLIP, LAST_FRAME) if (path := Path(folder) / name).exists()
        }


def _untold(fraction: float, note: str) -> None:
    """How far it is stays on the worker."""
