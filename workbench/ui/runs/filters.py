"""What the Runs page shows, as its link says it: a reload or a shared link shows the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

import streamlit as st

from workbench.api import Workbench
from workbench.domain.query import RunFilter
from workbench.domain.run import Status
from workbench.ui.figures import plain
from workbench.ui.status import LOOKS

GALLERY, TABLE = "Gallery", "Table"
RATINGS = (1, 2, 3, 4, 5)
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
_KEY = "runs.filter."


@dataclass(frozen=True, slots=True)
class RunsView:
    """``pages`` are the keys of the pages between the newest and the one shown; the last is its own.

    ``until`` is the last day that is included. Days are UTC, as everything in the log.
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
    pages: tuple[int, ...] = ()
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
        )

    @property
    def before(self) -> int | None:
        return self.pages[-1] if self.pages else None

    @property
    def narrows(self) -> bool:
        """Whether anything but the bin is filtered."""
        return replace(self, layout=GALLERY, pages=(), deleted=False) != RunsView()

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
            "before": ".".join(map(str, self.pages)),
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
    keys = one("before").split(".") if one("before") else []
    if not all(key.isdecimal() and len(key) < 19 for key in keys):
        ignored.append(f"before={one('before')}")
        keys = []
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
        pages=tuple(map(int, keys)),
        ignored=tuple(ignored),
    )


def read_view() -> RunsView:
    """The link of this page, now."""
    return from_query({name: st.query_params.get_all(name) for name in st.query_params})


def show(view: RunsView) -> None:
    """Make ``view`` the link of this page; for callbacks, which run before the page is drawn."""
    st.query_params.from_dict(view.to_query())


def filter_bar(bench: Workbench, view: RunsView) -> None:
    """Search, layout, and the filters behind one button. Every change goes into the link."""
    _fill(view)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "Search prompts",
            key=_KEY + "text",
            type="search",
            live="400ms",
            placeholder="Words of the prompt or negative prompt",
            on_change=_changed,
        )
        with st.popover(_filters_label(view), icon=":material/tune:", width="content"):
            _filters(bench, view)
        st.segmented_control(
            "Layout",
            (GALLERY, TABLE),
            key=_KEY + "layout",
            required=True,
            on_change=_changed,
            label_visibility="collapsed",
        )
    if view.ignored:
        st.warning(f"The link asks for something that is not to be had: {plain(', '.join(view.ignored))}.")


def _filters(bench: Workbench, view: RunsView) -> None:
    experiments = {e.id: e.name for e in bench.store.experiments.all()}
    models = dict.fromkeys((*(model for model, _ in bench.counts()), *filter(None, [view.model])))
    st.multiselect(
        "Status",
        list(Status),
        key=_KEY + "status",
        format_func=lambda status: LOOKS[status].label,
        placeholder="Any",
        on_change=_changed,
    )
    st.selectbox(
        "Model",
        ["", *models],
        key=_KEY + "model",
        format_func=lambda model: model or "Any",
        on_change=_changed,
    )
    st.selectbox(
        "Experiment",
        list(dict.fromkeys(("", *experiments, view.experiment))),
        key=_KEY + "experiment",
        format_func=lambda e: experiments.get(e, e) or "Any",
        on_change=_changed,
    )
    from_column, to_column = st.columns(2)
    with from_column:
        _day("From (UTC)", "since")
    with to_column:
        _day("To, inclusive", "until")
    st.segmented_control(
        "Rated at least",
        RATINGS,
        key=_KEY + "rating",
        on_change=_changed,
        help="The mean of all ratings of a run.",
    )
    st.toggle("Show the bin", key=_KEY + "deleted", on_change=_changed)
    st.button("Clear filters", on_click=clear, disabled=not view.narrows and not view.deleted)


def _day(label: str, name: str) -> None:
    st.date_input(label, None, FIRST_DAY, LAST_DAY, key=_KEY + name, format="YYYY-MM-DD", on_change=_changed)


def clear() -> None:
    """Everything that narrows goes; the layout stays."""
    show(RunsView(layout=read_view().layout))


_FIELDS = ("text", "model", "status", "since", "until", "rating", "experiment", "deleted", "layout")


def _fill(view: RunsView) -> None:
    """The link is the truth: the widgets show what it says, also after the browser's Back."""
    for name in _FIELDS:
        value = getattr(view, name)
        st.session_state[_KEY + name] = list(value) if isinstance(value, tuple) else value


def _changed() -> None:
    values = {name: st.session_state[_KEY + name] for name in _FIELDS if _KEY + name in st.session_state}
    values["status"] = tuple(values.get("status", ()))
    values["text"] = (values.get("text") or "").strip()
    show(replace(read_view(), **values, pages=()))


def _filters_label(view: RunsView) -> str:
    parts = (view.model, view.status, view.since, view.until, view.rating, view.experiment, view.deleted)
    count = sum(bool(part) for part in parts)
    return f"Filters ({count})" if count else "Filters"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
