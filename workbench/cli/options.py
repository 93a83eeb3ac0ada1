"""Options that ``generate`` and ``batch`` have alike, and what their texts mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.seconds import Seconds
from workbench.domain.errors import RequestError
from workbench.domain.retired import renamed

if TYPE_CHECKING:
    from workbench.api import Workbench
    from workbench.api.successors import Heir
    from workbench.domain.request import Scalar

_OWN_OPTIONS = frozenset(
    {
        "prompt",
        "negative_prompt",
        "model",
        "seed",
        "first_frame",
        "last_frame",
        "references",
        "reference_clips",
        "extend",
        "edit",
        "fold_negative_prompt",
    }
)

_REQUEST = (
    click.option("--negative-prompt", default="", metavar="TEXT", help="What should not be seen."),
    click.option(
        "--fold-negative-prompt",
        "fold",
        is_flag=True,
        help="Where the model has no negative prompt, put it into the prompt as a sentence.",
    ),
    click.option("--model", default="animatic/preview", show_default=True, metavar="ENDPOINT/MODEL"),
    click.option(
        "--successor", is_flag=True, help="Where the model is gone, go ahead with the one that follows it."
    ),
    click.option("--seed", type=int, help="[default: drawn, and logged]"),
    click.option("--duration", metavar="SECONDS", help="Length of the clip."),
    click.option("--aspect-ratio", metavar="RATIO", help="Such as 16:9."),
    click.option("--resolution", metavar="LINES", help="Such as 720p."),
    click.option("--set", "more", multiple=True, metavar="NAME=VALUE", help="Any other setting. Repeatable."),
)
_ENDING = (
    click.option("--timeout", type=Seconds(), metavar="SECONDS", help="Stop waiting; the run goes on."),
    click.option("--force", is_flag=True, help="Overwrite files that are in the way of outputs."),
    click.option("--json", "as_json", is_flag=True, help="One JSON object a run on standard output."),
    click.option("--yes", is_flag=True, help="Skip the cost question."),
)
RETRY_FAILED = click.option(
    "--retry-failed", is_flag=True, help="Send rows once more whose run ended without a clip."
)
AGAIN = click.option(
    "--again", is_flag=True, help="Forget what was sent before: send every row, and pay for it."
)


def request_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What a request may say beside its prompt and its files."""
    return _all(_REQUEST, command)


def ending_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """How long to wait, and what becomes of the result."""
    return _all(_ENDING, command)


def _all(options: Sequence[Callable[..., Any]], command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(options):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Wanted:
    """The values of ``request_options``."""

    negative_prompt: str
    fold: bool
    model: str
    successor: bool
    seed: int | None
    texts: dict[str, str]  # setting → text

    @classmethod
    def of(cls, given: dict[str, Any]) -> Wanted:
        """Takes its own options out of ``given``. Raises ``RequestError`` for a ``--set`` that is none."""
        texts = {
            "duration_s": given.pop("duration"),
            "aspect_ratio": given.pop("aspect_ratio"),
            "resolution": given.pop("resolution"),
        }
        add_pairs(texts, given.pop("more"))
        settings = {name: text for name, text in texts.items() if text is not None}
        if taken := [name for name in settings if name in _OWN_OPTIONS]:
            raise RequestError(f"{taken[0]} is no setting of a model: it has an option of its own.")
        names = ("negative_prompt", "fold", "model", "successor", "seed")
        return cls(**{name: given.pop(name) for name in names}, texts=settings)


def model_of(bench: Workbench, wanted: Wanted) -> Heir:
    """The model that was asked for, or with ``--successor`` the one that follows it, which is told.

    Raises ``UnknownModel``.
    """
    from workbench.api.successors import heir

    found = heir(bench, wanted.model, wanted=wanted.successor)
    if found.note:
        click.echo(f"workbench: {found.note}", err=True)
    return found


def settings_of(heir: Heir, texts: dict[str, str]) -> dict[str, Scalar]:
    """The values that the texts mean; what the model does not have or take is for validation to tell."""
    model = heir.model
    known = {setting.name: setting for setting in model.settings}
    new = {**heir.settings, **renamed(texts, model)}
    return {
        name: known[name].parse(value) if name in known and isinstance(value, str) else value
        for name, value in new.items()
    }


def add_pairs(texts: dict[str, str | None], more: Sequence[str]) -> None:
    """Put what ``--set`` says to ``texts``. Raises ``RequestError``."""
    for pair in more:
        name, equals, value = pair.partition("=")
        name = name.strip()
        if not equals or not name:
            raise RequestError(f"--set takes NAME=VALUE, not {pair!r}.")
        if texts.get(name) is not None:
            raise RequestError(f"{name} is given twice. Say it once.")
        texts[name] = value.strip()
