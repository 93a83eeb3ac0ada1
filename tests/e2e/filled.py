"""A data folder as after an afternoon's work, and the addresses of every page on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from workbench.api import Workbench
from workbench.api.samples import samples
from workbench.api.workbench import DEFAULT_MODEL
from workbench.domain.brief import BY_MEASURE, Facet
from workbench.domain.run import Origin, Parenthood
from workbench.domain.writing import BY_RULE
from workbench.ui.references.desk import Desk, Words, to_draft
from workbench.ui.references.state import DRAFT

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
        brief_id = _references(bench)
        from_references = bench.request("A bottle of amber oil in warm light", seed=5, duration_s=3)
        (seen,) = bench.submit_many([from_references], Origin(brief_id=brief_id))
        bench.wait([seen], progress_bar=False)
        parent = bench.run(first[1])
        remixed = bench.request(
            parent.request.prompt.replace("slow", "fast") + ", mist over the hills",
            negative_prompt="text, watermark, cartoon",
            seed=parent.request.seed,
            duration_s=3,
        )
        (child,) = bench.submit_many([remixed], Origin(parent.id, Parenthood.VARIANT))
        bench.wait([child], progress_bar=False)
        bench.note(child, "The hills come through the mist", at_s=1.25, person="Ana")
        for run, note in ((parent, ""), (bench.run(child), "faster, and with mist")):
            words = run.request
            bench.save_prompt("Lion at dawn", words.prompt, negative_prompt=words.negative_prompt, note=note)
        bench.describe_prompt("Lion at dawn", tags="savanna, hero", notes="The opening of the film.")
        bench.save_prompt("Amber bottle", "A bottle of amber oil on a dark table, slow orbit")
        bench.measure()
        review_id = _review(bench, first)
    return {
        "compose": f"/?from={child}",
        "references": "/references",
        "prompts": "/prompts",
        "prompt": "/prompts?prompt=Lion+at+dawn",
        "experiments": "/experiments",
        "runs": "/runs",
        "run": f"/run?id={child}",
        "run-from-references": f"/run?id={seen}",
        "compare": f"/compare?clips={parent.id}~{child}",
        "review": "/review",
        "judging": f"/review?id={review_id}&who=Cy",
        "ranking": f"/ranking?review={review_id}",
        "settings": "/settings",
    }


def _review(bench: Workbench, run_ids: Sequence[str]) -> str:
    """Two people like the dawn better, mostly."""
    review = bench.review("Dawn or dusk", run_ids)
    for person, judged in (("Ana", 8), ("Bo", 6)):
        for number in range(judged):
            pair = bench.asked(review.id, person).pairs[0]
            is_dawn = "dawn" in bench.run(review.clips[pair.left].run_id).request.prompt
            choice = "both_good" if number % 4 == 3 else "left" if is_dawn != (number == 5) else "right"
            bench.vote(pair.id, person, choice)
    return review.id


def _references(bench: Workbench) -> str:
    """The samples on the shelf; three of them looked at, with a conflict left open, and a prompt written."""
    for sample in samples():
        bench.shelve(sample.path, sample.label, clip=sample.is_clip)
    kept = {one.name: one.media for one in bench.shelf()}
    picks = tuple(kept[name] for name in ("Amber bottle", "Savanna lion", "Sailing boat"))
    seen = bench.looking.brief(picks, BY_MEASURE)
    brief = seen.with_texts(Facet.SUBJECT, ["a bottle of amber oil"])
    written = bench.write(brief, model=DEFAULT_MODEL, use_case="product_video", by=BY_RULE)
    desk = Desk(picks=picks, seen=seen, brief=brief, use_case="product_video", words=Words.of(written))
    again = desk.written(replace(desk.words, prompt=f"{written.prompt} Slow orbit."))
    bench.store.drafts.save(DRAFT, to_draft(again), bench.clock.now())
    return bench.store.briefs.keep(brief, bench.clock.now())


EMPTY = {
    "compose": "/",
    "references": "/references",
    "prompts": "/prompts",
    "experiments": "/experiments",
    "runs": "/runs",
    "run": "/run",
    "compare": "/compare",
    "review": "/review",
    "ranking": "/ranking",
    "settings": "/settings",
}
