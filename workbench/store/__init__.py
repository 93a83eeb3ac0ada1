"""The log: everything in ``workbench.db``. SQL stands here and nowhere else."""

from __future__ import annotations

from pathlib import Path

from workbench.store.asks import Asks
from workbench.store.briefs import Briefs
from workbench.store.db import Database
from workbench.store.drafts import Drafts
from workbench.store.events import Events
from workbench.store.experiments import Experiments
from workbench.store.keys import Keys
from workbench.store.ledger import Ledger
from workbench.store.media import MediaRows
from workbench.store.metrics import Metrics
from workbench.store.notes import Notes
from workbench.store.prompts import Prompts
from workbench.store.ranked import Ranked
from workbench.store.rating_items import RatingItems
from workbench.store.ratings import Ratings
from workbench.store.retention import Retention
from workbench.store.reviews import Reviews
from workbench.store.runners import Runners
from workbench.store.runs import NewRun, Runs
from workbench.store.shelf import Shelf
from workbench.store.videos import Videos
from workbench.store.workflows import Workflows

__all__ = ["NewRun", "Store"]


class Store:
    """One data folder's log, a table family an attribute. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        self.db = Database(folder)
        self.runs = Runs(self.db)
        self.ledger = Ledger(self.db)
        self.media = MediaRows(self.db)
        self.prompts = Prompts(self.db)
        self.drafts = Drafts(self.db)
        self.ratings = Ratings(self.db)
        self.notes = Notes(self.db)
        self.metrics = Metrics(self.db)
        self.ranked = Ranked(self.db)
        self.experiments = Experiments(self.db)
        self.reviews = Reviews(self.db)
        self.rating_items = RatingItems(self.db)
        self.runners = Runners(self.db)
        self.asks = Asks(self.db)
        self.briefs = Briefs(self.db)
        self.shelf = Shelf(self.db)
        self.workflows = Workflows(self.db)
        self.keys = Keys(self.db)
        self.events = Events(self.db)
        self.videos = Videos(self.db)
        self.retention = Retention(self.db)

    def close(self) -> None:
        self.db.close()
