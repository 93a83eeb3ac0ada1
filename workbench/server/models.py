"""``/api/models``: what every model takes, as data a form can be drawn from."""

from __future__ import annotations

from starlette.responses import Response

from workbench.api import Workbench
from workbench.domain.capabilities import Capabilities, Choice, Setting, Whole
from workbench.domain.errors import UnknownModel
from workbench.domain.price import Price
from workbench.server import sizes
from workbench.server.operations import Asked, Operation, shown
from workbench.server.refusals import Refused
from workbench.server.shapes import ModelPage, ModelShape


def shape(bench: Workbench, model: Capabilities) -> dict[str, object]:
    missing = [each.variable for each in bench.missing(model.model)]
    life = model.lifecycle
    return {
        "model": model.model,
        "label": model.label,
        "summary": model.summary,
        "kind": model.kind,
        "ready": not missing,
        "missing": missing,
        "stage": life.stage,
        "ends_on": str(life.ends_on) if life.ends_on else None,
        "successor": life.successor,
        "settings": [_setting(setting) for setting in model.settings],
        "roles": {
            str(role): {"most": limit.most, "mimes": list(limit.mimes)} for role, limit in model.roles.items()
        },
        "sizes": sizes.possible(model),
        "negative_prompt": model.negative_prompt,
        "seed": model.seed is not None,
        "prompt_limit_chars": model.prompt_limit_chars,
        "price": str(model.price) if isinstance(model.price, Price) else "",
        "local": model.local,
    }


def list_models(bench: Workbench, _: Asked) -> Response:
    return shown({"data": [shape(bench, model) for model in bench.models()]})


def one(bench: Workbench, asked: Asked) -> Response:
    try:
        return shown(shape(bench, bench.model(asked.path["name"])))
    except UnknownModel as error:
        raise Refused(404, "unknown_model", str(error)) from error


def _setting(setting: Setting) -> dict[str, object]:
    return {
        "name": setting.name,
        "label": setting.label,
        "help": setting.help,
        "unit": setting.unit.strip(),
        "default": setting.default,
        "allowed": setting.allowed,
        "values": list(setting.values) if isinstance(setting, Choice) else None,
        "least": setting.least if isinstance(setting, Whole) else None,
        "most": setting.most if isinstance(setting, Whole) else None,
    }


_TAG = "Models"
OPERATIONS = (
    Operation("GET", "/api/models", list_models, "Every model, ready or not", _TAG, ModelPage),
    Operation(
        "GET",
        "/api/models/{name:rest}",
        one,
        "One model",
        _TAG,
        ModelShape,
        refuses=(404,),
        about="By its whole name: endpoint/model.",
    ),
)
