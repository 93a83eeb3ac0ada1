"""Files dropped onto the Runs page: clips with and without a recipe, and archives of other folders."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import BinaryIO
from zipfile import is_zipfile

import streamlit as st

from workbench.api import Workbench
from workbench.domain.errors import WorkbenchError
from workbench.ui import figures
from workbench.ui.links import link

_SIDECAR = ".json"
_ROUND, _CAME = "runs.import.round", "runs.import.came"


@dataclass(frozen=True, slots=True)
class Came:
    """What became of one file; ``run_id`` where it is one run."""

    told: str
    run_id: str = ""
    is_refused: bool = False


def import_button(bench: Workbench) -> None:
    number = st.session_state.setdefault(_ROUND, 0)  # after each import it is another one, empty and shut
    with st.popover("Import", icon=":material/upload:", width="content", key=f"runs.import.{number}"):
        st.markdown(
            "Clips become runs: with the recipe inside, or in the JSON beside, as they were asked for; "
            "without, as made elsewhere. An archive brings another folder's runs. Nothing is sent or charged."
        )
        uploads = st.file_uploader(
            "Drop MP4s, their JSON, or archives",
            type=["mp4", "json", "zip"],
            accept_multiple_files=True,
            key=f"runs.import.files.{number}",
            help="Larger ones come in by `workbench import FILE`.",
        )
    if uploads:
        with st.spinner("Taking them in …"):
            st.session_state[_CAME] = take_in(bench, [(upload.name, upload) for upload in uploads])
        st.session_state[_ROUND] += 1
        st.rerun()


def what_came() -> None:
    """What became of the files dropped last, until it is put away."""
    came: list[Came] = st.session_state.get(_CAME, [])
    if not came:
        return
    with st.container(border=True, key="wb-imported"):
        for number, one in enumerate(came):
            with st.container(horizontal=True, vertical_alignment="center", key=f"wb-imported-{number}"):
                badge = ":red-badge[not taken] " if one.is_refused else ":green-badge[imported] "
                st.markdown(badge + figures.plain(one.told), width="stretch")
                if one.run_id:
                    link("run", "Open", {"id": one.run_id}, icon=":material/open_in_full:")
                    link("compose", "Open in Compose", {"from": one.run_id}, icon=":material/edit_note:")
        st.button("Put away", key="runs.import.away", type="tertiary", on_click=_put_away)


def _put_away() -> None:
    st.session_state.pop(_CAME, None)


def take_in(bench: Workbench, uploads: Sequence[tuple[str, BinaryIO]]) -> list[Came]:
    """Each by itself: one that can't be taken in is told, and the others come."""
    with TemporaryDirectory(prefix="workbench-import-") as folder:
        paths = [_laid_down(Path(folder), name, file) for name, file in uploads]
        clips = {path.name for path in paths}
        alone = [p for p in paths if p.suffix != _SIDECAR or p.name.removesuffix(_SIDECAR) not in clips]
        return [_taken(bench, path) for path in alone]


def _laid_down(folder: Path, name: str, file: BinaryIO) -> Path:
    """Under its own name, since a recipe finds its clip by that; of two alike, in folders of their own."""
    path = folder / (Path(name).name or "clip.mp4")
    if path.exists():
        path = Path(mkdtemp(dir=folder)) / path.name
    with path.open("wb") as copy:
        shutil.copyfileobj(file, copy)
    return path


def _taken(bench: Workbench, path: Path) -> Came:
    if path.suffix == _SIDECAR:
        return Came(f"{path.name}: a JSON needs the clip that it is named after; drop both.", is_refused=True)
    try:
        return _archive(bench, path) if is_zipfile(path) else _clip(bench, path)
    except WorkbenchError as error:
        told = str(error).replace(f"{path.parent}/", "")  # where it lay meanwhile says nothing
        return Came(told if path.name in told else f"{path.name}: {told}", is_refused=True)


def _archive(bench: Workbench, path: Path) -> Came:
    taken = bench.import_archive(path)
    new = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in taken.new.items() if count)
    told = f"{path.name}: new here: {new or 'nothing'}; {taken.known_runs:,} runs were known."
    if taken.differs:
        told += f" {len(taken.differs):,} differ from the runs here, which stay as they are."
    return Came(told)


def _clip(bench: Workbench, path: Path) -> Came:
    taken = bench.take_clip_in(path)
    what = "with its recipe" if taken.recipe else "without a recipe, as made elsewhere"
    known = "" if taken.is_new else ", which the log holds already"
    missing = "".join(f" Missing: {one}; give it again in Compose." for one in taken.missing)
    return Came(f"{path.name}: run {taken.run.id}{known}, {what}.{missing}", taken.run.id)
