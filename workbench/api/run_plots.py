"""Plots of a ``RunSet`` as Altair charts. JupyterLab draws the Vega-Lite that it gets, offline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from workbench.domain.errors import RequestError

if TYPE_CHECKING:
    import altair as alt

    from workbench.api.run_set import RunSet

BY: Final = ("model", "prompt", "resolution", "aspect_ratio", "duration_s", "status", "experiment_id", "arm")
MOST_POINTS: Final = 5_000
# The newest that JupyterLab (4.6) draws; of Altair's own, 6, it would show the words alone. Ours are both.
_MIME: Final = "application/vnd.vegalite.v5+json"
_SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v5.json"


@dataclass(frozen=True, slots=True)
class RunPlot:
    """``chart`` is Altair's own, to be changed or saved as any."""

    chart: alt.Chart
    told: str

    def __repr__(self) -> str:
        return self.told

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {_MIME: self.chart.to_dict() | {"$schema": _SCHEMA}, "text/plain": self.told}


@dataclass(frozen=True, slots=True)
class RunPlots:
    """Of the newest ``MOST_POINTS`` runs of the set that have the value."""

    runs: RunSet

    def latency(self, by: str = "model") -> RunPlot:
        """Seconds from the provider's yes to the finished clip, a point a run, a tick at each median."""
        return self._plot("latency_s", "Latency (s)", by)

    def cost(self, by: str = "model") -> RunPlot:
        """US dollars a run: what was billed, where that is known, else the estimate."""
        return self._plot("cost_usd", "Cost (US$), billed or else estimated", by)

    def metric(self, name: str, by: str = "model") -> RunPlot:
        """Raises ``RequestError`` for an unknown metric."""
        return self._plot(name, name, by, (name,))

    def _plot(self, column: str, title: str, by: str, metrics: tuple[str, ...] = ()) -> RunPlot:
        import altair as alt

        if by not in BY:
            raise RequestError(f"A plot can't be by {by!r}. Allowed: {', '.join(BY)}.")
        frame = self.runs.limit(MOST_POINTS).to_dataframe(metrics)
        frame["cost_usd"] = frame["billed_usd"].fillna(frame["estimate_usd"])
        known = frame.loc[frame[column].notna(), ["id", by, column]]
        points = [
            {"run": run, by: str(group), column: float(value)}
            for run, group, value in known.itertuples(index=False)
        ]
        base = alt.Chart(alt.Data(values=points)).encode(  # type: ignore[no-untyped-call]
            x=alt.X(f"{column}:Q", title=title), y=alt.Y(f"{by}:N", title=by, axis=alt.Axis(labelLimit=260))
        )
        dots = base.mark_circle(size=50, opacity=0.5, color="#0b6b75").encode(
            tooltip=["run:N", f"{by}:N", f"{column}:Q"]
        )
        medians = base.mark_tick(color="#1c1c1b", thickness=2).encode(x=f"median({column}):Q")
        told = f"{title} by {by}: {len(points):,} of {len(frame):,} runs have a value"
        return RunPlot((dots + medians).properties(width=520, title=told), told)
