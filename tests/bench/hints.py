"""Hints at every keystroke: what a prompt of 2 kB takes."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.figures import Figure
from tests.bench.ground import Ground
from tests.bench.measure import medians_s
from workbench.prompting.lint import lint
from workbench.providers.vertex.models import VEO

MOST_MS = 5.0
PROSE = (
    "An old fisherman in a yellow raincoat mends a torn net on a wet wooden pier while gulls circle above, "
    "35mm film look, soft side light from a lantern, shallow depth of field, the camera slowly pushes in, "
    'waves lap at the posts, he says "not today", ambient harbour sounds. '
)


def measure(ground: Ground) -> Iterator[Figure]:
    prompt = (PROSE * 10)[:2_048]
    (hints,) = medians_s(
        20 * ground.size.rounds, lambda: lint(prompt, "text, blur, no cartoon", VEO[0], {"duration_s": 8})
    )
    yield Figure("hints of a prompt of 2 kB", 1e3 * hints, "ms", most=MOST_MS)
