"""The sample experiment: six runs on the embedded engine that fill every page of an empty log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.domain.run import Origin
from workbench.store.experiments import Experiment

if TYPE_CHECKING:
    from workbench.api.workbench import Workbench

NAME = "Sample: a lion in two lights"
QUESTION = "Does the lion hold your eye longer at dawn or at dusk?"
PROMPTS = (  # one thing differs: what the answer says, it says about the light
    "A lion walks through tall grass at dawn, slow dolly in, documentary style",
    "A lion walks through tall grass at dusk, slow dolly in, documentary style",
)
NEGATIVE_PROMPT = "text, watermark"
SEEDS = (1, 2, 3)
MODEL = "animatic/preview"
DURATION_S, RESOLUTION = 3, "480p"


def start(bench: Workbench) -> Experiment:
    """Log two prompts × three seeds as one experiment and return at once; a second call makes another."""
    requests = [
        bench.request(
            prompt,
            negative_prompt=NEGATIVE_PROMPT,
            model=MODEL,
            seed=seed,
            duration_s=DURATION_S,
            resolution=RESOLUTION,
        )
        for seed in SEEDS  # seeds outside: the first two runs to finish can be compared already
        for prompt in PROMPTS
    ]
    plan = {"prompts": list(PROMPTS), "seeds": list(SEEDS), "model": MODEL}
    experiment = bench.store.experiments.create(NAME, QUESTION, plan, bench.clock.now())
    bench.submit_many(requests, Origin(experiment_id=experiment.id))
    return experiment
