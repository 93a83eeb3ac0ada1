"""All that people's judgement needs of the façade: clips to rate, reviews, machine judges, the report."""

from workbench.api.machine_judges import MachineJudging
from workbench.api.rating import RatingClips
from workbench.api.report import Reporting
from workbench.api.reviewing import Reviewing


class Judged(RatingClips, Reviewing, MachineJudging, Reporting):
    """The part of the ``Workbench`` in which clips are judged."""
