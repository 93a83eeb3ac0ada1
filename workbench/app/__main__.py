"""``python -m workbench.app``: the app without the command line around it."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from collections.abc import Sequence

from workbench.app.serve import serve
from workbench.domain.errors import WorkbenchError
from workbench.settings import Settings, load


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 after Ctrl+C, 2 when a setting can't be used."""
    parser = argparse.ArgumentParser(prog="python -m workbench.app", description="Start the workbench.")
    parser.add_argument("--host", help="address to listen on (WORKBENCH_HOST, default 127.0.0.1)")
    parser.add_argument("--port", help="port to listen on, 0 for a free one (WORKBENCH_PORT, default 8501)")
    parser.add_argument("--no-browser", action="store_true", help="do not open the browser")
    given = parser.parse_args(arguments)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the small matrices of a ranking lose by more
    # Flags become settings before anything reads them, so that they are checked in one place.
    wanted = {"WORKBENCH_HOST": given.host, "WORKBENCH_PORT": given.port}
    os.environ.update({name: value for name, value in wanted.items() if value is not None})
    try:
        settings = load()
        _log_to_stderr(settings)
        serve(settings, open_browser=not given.no_browser)
    except WorkbenchError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _log_to_stderr(settings: Settings) -> None:
    """``WORKBENCH_LOG`` sets our own level; libraries speak up from warnings on."""
    formatter = logging.Formatter("%(asctime)sZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("workbench").setLevel(settings.log_level.upper())


if __name__ == "__main__":
    sys.exit(main())
