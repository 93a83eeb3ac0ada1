"""About how many tokens a prompt has. An estimate: the models' own tokenisers can't be had offline."""

from __future__ import annotations

import re
from dataclasses import dataclass

# What a token is, by script: a pattern and how many characters of it make about one token. The first that
# fits counts. Google says of Gemini's that a token is about four characters and that 60 to 80 English words
# are 100 tokens (ai.google.dev/gemini-api/docs/tokens): with its space, punctuation and endings counted
# apart, that is one token for a word of up to six letters. Figures go one by one; of Chinese, Japanese and
# Korean about three characters make two tokens; other scripts lie between.
# The editor counts by the same table while one types, so both Python and a browser have to read it.
_LATIN = r"A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
_BLANK = r"\s\u0000-\u001f\u0085\u00a0\u200b-\u200f\u2060\ufe0e\ufe0f\ufeff"
TOKENS: tuple[tuple[str, float], ...] = (
    (rf"[{_LATIN}]+", 6),
    (r"[0-9]", 1),
    (r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]+", 1.5),
    (r"[\u0370-\u05ff\u0600-\u1dff\u2c00-\u2dff\ua640-\uabff]+", 3),
    (rf"[^{_BLANK}{_LATIN}0-9]", 1),
)
_PIECES = re.compile("|".join(f"({pattern})" for pattern, _ in TOKENS))
_WORDS = re.compile(rf"[{_LATIN}]+|[0-9]+")


@dataclass(frozen=True, slots=True)
class Tokens:
    """``about`` how many, and ``least``: no tokeniser in use makes fewer, as none joins words."""

    about: int
    least: int

    def __str__(self) -> str:
        return f"about {self.about:,}"


def tokens(text: str) -> Tokens:
    """An estimate for ``text``, good to about a fifth in English."""
    about = 0
    for found in _PIECES.finditer(text):
        _, per_token = TOKENS[(found.lastindex or 1) - 1]
        about += -int(-(found.end() - found.start()) // per_token)
    return Tokens(about, min(about, sum(1 for _ in _WORDS.finditer(text))))
