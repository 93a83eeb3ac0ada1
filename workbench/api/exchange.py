"""All that goes out of a data folder, and comes into it: archives, clips, backups, markers, MLflow's runs."""

from workbench.api.archives import Archiving
from workbench.api.backups import BackingUp
from workbench.api.clip_recipes import Recipes
from workbench.api.markers import Marking
from workbench.api.mlflow_store import Tracking


class Exchange(Archiving, Recipes, BackingUp, Marking, Tracking):
    """The part of the ``Workbench`` by which runs and clips travel."""
