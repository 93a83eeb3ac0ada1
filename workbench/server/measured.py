"""``/api/runs/{id}/metrics``: what was measured of a run's clips."""

from __future__ import annotations

from starlette.responses import Response

from workbench.api import Workbench
from workbench.domain.metric import Measured
from workbench.domain.times import to_text
from workbench.server.operations import Asked, Operation, shown
from workbench.server.shapes import MeasuredList


def metrics(bench: Workbench, asked: Asked) -> Response:
    found = bench.metrics_of([bench.run(asked.path["id"]).id])
    return shown({"data": [_shape(one) for _, one in sorted(found.items())]})


def _shape(one: Measured) -> dict[str, object]:
    return {
        "position": one.position,
        "measured_at": to_text(one.measured_at),
        "is_current": one.is_current,
        "fault": one.fault,
        "metrics": {
            metric.name: {"value": metric.value, "unit": metric.unit, "version": metric.version}
            for metric in one.metrics.values()
        },
    }


OPERATIONS = (
    Operation(
        "GET",
        "/api/runs/{id}/metrics",
        metrics,
        "What was measured of its clips",
        "Runs",
        MeasuredList,
        refuses=(404,),
        about="There is no single score on purpose. `workbench metrics --about` says what each value means.",
    ),
)
