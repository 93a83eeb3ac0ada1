"""``Written``: a prompt and negative prompt that somebody, or some model, wrote."""

from __future__ import annotations

from dataclasses import dataclass

BY_RULE = "local/rules"  # the writer that needs no model


@dataclass(frozen=True, slots=True)
class Written:
    """``by`` is the model that wrote it. ``notes`` tell in sentences what it left out, chose, or could not
    do; they are for the person and no part of the prompt.
    """

    prompt: str
    negative_prompt: str = ""
    by: str = BY_RULE
    notes: tuple[str, ...] = ()
