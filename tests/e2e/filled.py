"""A data folder as after an afternoon's work, and the addresses of every page on it."""

from __future__ import annotations

from pathlib import Path

from workbench.api import Workbench
from workbench.api.samples import samples
from workbench.domain.run import Origin, Parenthood

CRITERIA = {"prompt_adherence": 4, "motion": 3, "visual_quality": 5}


def fill(folder: Path) -> dict[str, str]:
    """Run the sample experiment and some work after it; returns page name → path with query."""
    with Workbench(folder) as bench:
        bench.sample()
        first = [run.id for run in bench.runs()]
        bench.wait(first, progress_bar=False)
        bench.rate(first[0], CRITERIA, comment="Grass pops at the left edge", person="Ana")
        still = next(sample.path for sample in samples() if "bottle" in sample.path.name)
        bench.generate(
            "A bottle of amber oil on a dark table, slow orbit", references=[still], seed=3, duration_s=3
        )
        parent = bench.run(first[1])
        remixed = bench.request(
            parent.request.prompt.replace("slow", "fast") + ", mist over the hills",
            negative_prompt="text, watermark, cartoon",
            seed=parent.request.seed,
            duration_s=3,
        )
        (child,) = bench.submit_many([remixed], Origin(parent.id, Parenthood.VARIANT))
        bench.wait([child], progress_bar=False)
    return {
        "compose": f"/?from={child}",
        "runs": "/runs",
        "run": f"/run?id={child}",
        "compare": f"/compare?a={parent.id}&b={child}",
        "settings": "/settings",
    }


EMPTY = {"compose": "/", "runs": "/runs", "run": "/run", "compare": "/compare", "settings": "/settings"}
