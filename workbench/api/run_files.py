"""Runs as files that other programs read: Parquet, CSV, JSON Lines. A file is there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING

from workbench.domain.errors import RequestError
from workbench.domain.query import RunFilter
from workbench.store.frames import runs_frame

if TYPE_CHECKING:
    from workbench.store import Store


def write_parquet(
    store: Store,
    wanted: RunFilter,
    path: str | Path,
    metrics: Sequence[str] = (),
    most: int | None = None,
) -> Path:
    """The columns of ``runs_frame``, with their types. Raises ``RequestError``; replaces what is there."""
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.Table.from_pandas(runs_frame(store.db, wanted, metrics, most), preserve_index=False)
    return written(path, lambda part: parquet.write_table(table, part, compression="zstd"))


def write_csv(
    store: Store,
    wanted: RunFilter,
    path: str | Path,
    metrics: Sequence[str] = (),
    most: int | None = None,
) -> Path:
    """UTF-8 with a head; what is not known is empty."""
    frame = runs_frame(store.db, wanted, metrics, most)
    return written(path, lambda part: frame.to_csv(part, index=False))


def write_jsonl(
    store: Store,
    wanted: RunFilter,
    path: str | Path,
    metrics: Sequence[str] = (),
    most: int | None = None,
) -> Path:
    """One object a line; times are ISO 8601, what is not known is null."""
    frame = runs_frame(store.db, wanted, metrics, most)

    def write(part: Path) -> None:
        if not frame.empty:  # of nothing, pandas writes an empty line
            frame.to_json(part, orient="records", lines=True, date_format="iso", date_unit="us")

    return written(path, write)


def written(path: str | Path, write: Callable[[Path], object]) -> Path:
    """What ``write`` puts into the path that it is given; raises ``RequestError``."""
    target = Path(path).expanduser()
    try:
        handle, name = mkstemp(prefix=f".{target.name[:60]}.", suffix=".part", dir=target.parent)
    except OSError as error:
        raise _unwritable(target, error) from error
    os.close(handle)
    part = Path(name)
    try:
        write(part)
        part.chmod(0o644)
        part.replace(target)
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        part.unlink(missing_ok=True)
    return target


def _unwritable(target: Path, error: OSError) -> RequestError:
    return RequestError(f"{target} can't be written ({error.strerror}). Choose another place.")
