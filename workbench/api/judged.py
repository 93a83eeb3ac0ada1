"""All that people's judgement needs of the façade: clips to rate, reviews, machine judges, the report."""

from workbench.api.model_judges import ModelJudging
from workbench.api.rating import RatingClips
from workbench.api.report import Reporting
from workbench.api.reviewing import Reviewing


class Judged(ModelJudging, Reporting, RatingClips, Reviewing):
    """The part of the ``Workbench`` in which clips are judged."""
