"""Improve, vary, translate what stands in Compose's editors."""

from __future__ import annotations

from dataclasses import replace

from workbench.api import Workbench
from workbench.domain.capabilities import Capabilities
from workbench.domain.writing import Written
from workbench.ui.compose.composition import Composition, settings_for
from workbench.ui.compose.state import DRAFT, Session, start_from
from workbench.ui.rewriting import Place, rewriting


def rewritten(bench: Workbench, held: Session, composition: Composition, model: Capabilities) -> None:
    """What is taken replaces the words; those that stood there can be brought back."""

    def take(written: Written) -> None:
        words = replace(composition, prompt=written.prompt, negative_prompt=written.negative_prompt)
        start_from(bench, words)

    rewriting(
        bench,
        Place(
            DRAFT,
            held.edition,
            composition.prompt,
            composition.negative_prompt,
            model,
            settings_for(model, composition.settings),
            bench.write_by(),
            take,
        ),
    )
