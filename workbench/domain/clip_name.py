"""What a clip's file is called outside of the folder, where its hash would say nothing."""

from __future__ import annotations

import re

from workbench.domain.run import Clip, Run


def file_name(run: Run, clip: Clip) -> str:
    """A name that says what it is, from the prompt's first words, seed and the end of the run's id."""
    words = re.findall(r"\w+", run.request.prompt.lower())[:6]
    parts = [*words, *([f"seed{run.request.seed}"] if run.request.seed is not None else []), run.id[-6:]]
    number = f"-{clip.index + 1}" if len(run.clips) > 1 else ""
    return f"{'-'.join(parts)[:90]}{number}.{clip.media.extension}"
