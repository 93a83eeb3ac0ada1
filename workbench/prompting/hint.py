"""``Hint``: one remark of the lint, with its place and, where there is one, its fix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Field = Literal["prompt", "negative_prompt"]
Level = Literal["missing", "conflict", "ignored", "advice"]


@dataclass(frozen=True, slots=True)
class Hint:
    """One remark on ``text[start:end]`` of ``field``, in characters; an empty span is a place to add.

    ``fix`` replaces that span; ``None`` where only the person can know. ``rule`` names the rule.
    """

    field: Field
    start: int
    end: int
    level: Level
    message: str
    fix: str | None = None
    rule: str = ""

    def apply(self, text: str) -> str:
        """``text`` with the fix in place; unchanged where there is none."""
        return text if self.fix is None else text[: self.start] + self.fix + text[self.end :]
