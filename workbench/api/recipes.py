"""A run as something to paste: Python, or a command line. Both make the same request again."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

from workbench.domain.media import Media, Role
from workbench.domain.run import Parenthood, Run

_KEYWORDS = {Role.FIRST_FRAME: "first_frame", Role.LAST_FRAME: "last_frame"}
_FLAGS = {
    Role.FIRST_FRAME: "--start-frame",
    Role.LAST_FRAME: "--end-frame",
    Role.REFERENCE: "--reference",
    Role.REFERENCE_CLIP: "--reference-clip",
}
_GOES_ON = {
    Role.SOURCE_CLIP: ("extend", "--extend", Parenthood.EXTENSION),
    Role.EDITED_CLIP: ("edit", "--edit", Parenthood.EDIT),
}
_LISTS = {Role.REFERENCE: "references", Role.REFERENCE_CLIP: "reference_clips"}
_SETTING_FLAGS = {
    "duration_s": "--duration",
    "aspect_ratio": "--aspect-ratio",
    "resolution": "--resolution",
}


def as_python(run: Run, path: Callable[[Media], Path]) -> str:
    """``Workbench().generate(…)`` with every argument written out."""
    request = run.request.unfolded(run.adjustments)
    lines = [repr(request.prompt)]
    if request.negative_prompt:
        lines.append(f"negative_prompt={request.negative_prompt!r}")
    if request.fold_negative_prompt:
        lines.append("fold_negative_prompt=True")
    lines.append(f"model={request.model!r}")
    if request.seed is not None:
        lines.append(f"seed={request.seed}")
    lines += [f"{name}={value!r}" for name, value in request.settings.items()]
    for role, keyword in _KEYWORDS.items():
        lines += [f"{keyword}={str(path(i.media))!r}" for i in request.inputs_as(role)]
    for role, keyword in _LISTS.items():
        if given := request.inputs_as(role):
            lines.append(f"{keyword}={[str(path(i.media)) for i in given]!r}")
    for role, (keyword, _, parenthood) in _GOES_ON.items():
        for i in request.inputs_as(role):
            parent = _parent(run, parenthood)
            lines.append(f"{keyword}={f'wb.run({parent!r})' if parent else repr(str(path(i.media)))}")
    arguments = "".join(f"    {line},\n" for line in lines)
    return f"from workbench import Workbench\n\nwb = Workbench()\nrun = wb.generate(\n{arguments})\n"


def as_command(run: Run, path: Callable[[Media], Path]) -> str:
    """``workbench generate …`` in shell quoting."""
    request = run.request.unfolded(run.adjustments)
    words = ["workbench", "generate", "--prompt", request.prompt]
    if request.negative_prompt:
        words += ["--negative-prompt", request.negative_prompt]
    if request.fold_negative_prompt:
        words.append("--fold-negative-prompt")
    words += ["--model", request.model]
    if request.seed is not None:
        words += ["--seed", str(request.seed)]
    for name, value in request.settings.items():
        flag = _SETTING_FLAGS.get(name)
        words += [flag, str(value)] if flag else ["--set", f"{name}={str(value).lower()}"]
    for role, flag in _FLAGS.items():
        for i in request.inputs_as(role):
            words += [flag, str(path(i.media))]
    for role, (_, flag, parenthood) in _GOES_ON.items():
        for i in request.inputs_as(role):
            words += [flag, _parent(run, parenthood) or str(path(i.media))]
    return shlex.join(words)


def _parent(run: Run, parenthood: Parenthood) -> str:
    """The run that this one goes on from in that way; empty where it goes on from a file."""
    return (run.origin.parent_id or "") if run.origin.parenthood is parenthood else ""
