"""Looks for tests: built by hand, and drawn by hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st
from immutabledict import immutabledict

from workbench.domain.brief import Colour, Facet, Look


def look(sha256: str, model: str = "x/eye", palette: tuple[Colour, ...] = (), **findings: object) -> Look:
    """``look("a", light="soft", subject=["a ring", "a box"])``."""
    found = {
        Facet(name): (told,) if isinstance(told, str) else tuple(told)  # type: ignore[call-overload]
        for name, told in findings.items()
    }
    return Look(sha256 * 64, model, immutabledict(found), palette)


# Few words, so that phrases often agree, nearly agree or contradict.
_WORDS = st.sampled_from(
    [
        *["a", "soft", "warm", "hard", "morning", "evening", "light", "ring", "gold"],
        *["blue", "with", "and", "left", "right", "slow", "two", "光"],
    ]
)
PHRASES = st.lists(_WORDS, min_size=1, max_size=6).map(" ".join)
FINDINGS = st.dictionaries(
    st.sampled_from([Facet.SUBJECT, Facet.LIGHT, Facet.TEXT, Facet.DIRECTION, Facet.KEEP]),
    st.lists(PHRASES, min_size=1, max_size=3, unique=True).map(tuple),
)
COLOURS = st.builds(
    Colour,
    st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06x}"),
    st.integers(1, 100).map(lambda n: n / 100),
    st.sampled_from(["", "sand", "teal"]),
)
LOOKS = st.builds(
    Look,
    st.sampled_from("abc").map(lambda letter: letter * 64),
    st.sampled_from(["x/eye", "local/measure"]),
    FINDINGS.map(immutabledict),
    st.lists(COLOURS, max_size=4).map(tuple),
    st.lists(st.sampled_from(["No motion.", "no motion.", "Faces."]), max_size=2).map(tuple),
)
