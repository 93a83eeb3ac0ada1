"""All that goes out of a data folder, and comes into it: archives, clips with their recipes, backups."""

from workbench.api.archives import Archiving
from workbench.api.backups import BackingUp
from workbench.api.clip_recipes import Recipes


class Exchange(Archiving, Recipes, BackingUp):
    """The part of the ``Workbench`` by which runs and clips travel."""
