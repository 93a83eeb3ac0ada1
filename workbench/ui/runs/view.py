"""What the Runs page shows, as its link says it: a reload or a shared link shows the same."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

import streamlit as st

from workbench.domain.errors import RequestError
from workbench.domain.metric import MetricRange
from workbench.domain.query import RunFilter
from workbench.domain.run import Status
from workbench.ui.measured import SHOWN

GALLERY, TABLE = "Gallery", "Table"
RATINGS = (1, 2, 3, 4, 5)
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
_KEY = re.compile(r"\d{1,18}", re.ASCII)
_RANKED_KEY = re.compile(r"-?\d{1,25}(\.\d{1,25})?(e[-+]?\d{1,3})?_\d{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class RunsView:
    """``pages`` are the keys of the pages between the first and the one shown; the last is its own.

    ``until`` is the last day that is included. Days are UTC, as everything in the log. ``columns`` are
    metrics that are shown; ``order`` is the one that the runs stand in the order of, or "" for newest
    first. In the order of a metric, runs without its value are left out.
    """

    text: str = ""
    model: str = ""
    status: tuple[Status, ...] = ()
    since: date | None = None
    until: date | None = None
    rating: int | None = None
    experiment: str = ""
    deleted: bool = False
    layout: str = GALLERY
    columns: tuple[str, ...] = ()
    order: str = ""
    lowest_first: bool = False
    ranges: tuple[MetricRange, ...] = ()
    pages: tuple[str, ...] = ()
    ignored: tuple[str, ...] = field(default=(), compare=False)

    @property
    def wanted(self) -> RunFilter:
        return RunFilter(
            text=self.text,
            model=self.model,
            status=self.status,
            since=_midnight(self.since) if self.since else None,
            until=_midnight(self.until + timedelta(days=1)) if self.until else None,
            rating_least=self.rating,
            experiment_id=self.experiment,
            deleted=self.deleted,
            measured=self.ranges,
        )

    @property
    def before(self) -> int | None:
        """The key of the page, newest first."""
        return int(self.pages[-1]) if self.pages else None

    @property
    def after(self) -> tuple[float, int] | None:
        """The key of the page, in the order of a metric."""
        if not self.pages:
            return None
        value, _, key = self.pages[-1].partition("_")
        return float(value), int(key)

    @property
    def shown_metrics(self) -> tuple[str, ...]:
        """What the runs stand in the order of is shown in any case."""
        return tuple(dict.fromkeys(filter(None, (*self.columns, self.order))))

    @property
    def narrows(self) -> bool:
        """Whether anything but the bin is filtered."""
        how = RunsView(columns=self.columns, order=self.order, lowest_first=self.lowest_first)
        return replace(self, layout=GALLERY, pages=(), deleted=False) != how

    def to_query(self) -> dict[str, str | list[str]]:
        """Only what differs from the plain page."""
        query: dict[str, str | list[str]] = {
            "q": self.text,
            "model": self.model,
            "status": [str(status) for status in self.status],
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
            "rating": str(self.rating or ""),
            "experiment": self.experiment,
            "bin": "1" if self.deleted else "",
            "view": "table" if self.layout == TABLE else "",
            "columns": ".".join(self.columns),
            "order": self.order,
            "lowest": "first" if self.lowest_first else "",
            "measured": [str(one) for one in self.ranges],
            "page": "~".join(self.pages),
        }
        return {name: value for name, value in query.items() if value}


def from_query(query: Mapping[str, Sequence[str]]) -> RunsView:
    """What a link asks for. What it says wrongly is left out and named in ``ignored``."""
    ignored: list[str] = []

    def one(name: str) -> str:
        return (query.get(name) or [""])[-1]

    def day(name: str) -> date | None:
        if not one(name):
            return None
        try:
            found = date.fromisoformat(one(name))
        except ValueError:
            found = date.min
        if FIRST_DAY <= found <= LAST_DAY:
            return found
        ignored.append(f"{name}={one(name)}")
        return None

    states = {str(status): status for status in Status}
    ignored += [f"status={text}" for text in query.get("status", ()) if text not in states]
    rating = int(one("rating")) if one("rating") in {str(r) for r in RATINGS} else None
    if one("rating") and rating is None:
        ignored.append(f"rating={one('rating')}")
    columns = tuple(dict.fromkeys(name for name in one("columns").split(".") if name in SHOWN))
    if one("columns") != ".".join(columns):
        ignored.append(f"columns={one('columns')}")
    order = one("order") if one("order") in SHOWN else ""
    if one("order") != order:
        ignored.append(f"order={one('order')}")
    ranges = [(text, _range(text)) for text in query.get("measured", ())]
    ignored += [f"measured={text}" for text, found in ranges if found is None]
    key = _RANKED_KEY if order else _KEY
    pages = one("page").split("~") if one("page") else []
    if not all(key.fullmatch(page) for page in pages):
        ignored.append(f"page={one('page')}")
        pages = []
    return RunsView(
        text=one("q"),
        model=one("model"),
        status=tuple(states[text] for text in query.get("status", ()) if text in states),
        since=day("since"),
        until=day("until"),
        rating=rating,
        experiment=one("experiment"),
        deleted=one("bin") == "1",
        layout=TABLE if one("view") == "table" else GALLERY,
        columns=columns,
        order=order,
        lowest_first=one("lowest") == "first",
        ranges=tuple({found.name: found for _, found in ranges if found}.values()),
        pages=tuple(pages),
        ignored=tuple(ignored),
    )


def read_view() -> RunsView:
    """The link of this page, now."""
    return from_query({name: st.query_params.get_all(name) for name in st.query_params})


def show(view: RunsView) -> None:
    """Make ``view`` the link of this page; for callbacks, which run before the page is drawn."""
    st.query_params.from_dict(view.to_query())


def ranked_key(key: tuple[float, int]) -> str:
    """A page's key in the order of a metric, as it stands in ``pages``."""
    return f"{key[0]!r}_{key[1]}"


def _range(text: str) -> MetricRange | None:
    """``None`` for what is no range of a metric."""
    try:
        found = MetricRange.parse(text)
    except RequestError:
        return None
    return found if found.name in SHOWN else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
