"""The notebooks that ship with the project: in a checkout under ``notebooks``, else in the package."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

import workbench
from workbench.domain.errors import RequestError

_PACKAGE = Path(workbench.__file__).parent
_FOLDERS = (_PACKAGE / "_notebooks", _PACKAGE.parent / "notebooks")


@dataclass(frozen=True, slots=True)
class Laid:
    """Notebooks in ``folder``. ``kept`` are those that differ from the project's and were left alone."""

    folder: Path
    new: tuple[str, ...]
    kept: tuple[str, ...]


def notebooks() -> dict[str, Path]:
    """Name → file, in the order in which they are to be read."""
    folder = next((one for one in _FOLDERS if one.is_dir()), None)
    return {path.stem: path for path in sorted(folder.glob("*.ipynb"))} if folder else {}


def named(text: str) -> str:
    """By name, number or a beginning of the name. Raises ``RequestError``."""
    names = notebooks()
    found = [name for name in names if name == text] or [
        name for name in names if name.startswith(text) or name.partition("_")[2].startswith(text)
    ]
    if len(found) != 1:
        raise RequestError(f"There is no one notebook {text!r}. There are: {', '.join(names)}.")
    return found[0]


def lay_out(folder: Path) -> Laid:
    """Copy them into ``folder``; what somebody has changed there stays. Raises ``RequestError``."""
    new, kept = [], []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, source in notebooks().items():
            target = folder / source.name
            if not target.exists():
                copyfile(source, target)
                new.append(name)
            elif target.read_bytes() != source.read_bytes():
                kept.append(name)
    except OSError as error:
        raise RequestError(
            f"The notebooks can't be copied to {folder} ({error.strerror}). Choose another folder by --to."
        ) from error
    return Laid(folder, tuple(new), tuple(kept))
