"""What a person has chosen and the model would not follow, said before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workbench.domain.capabilities import Capabilities, Setting
from workbench.domain.request import GenerationRequest, Scalar
from workbench.ui import figures
from workbench.ui.compose.composition import Composition


def ignored(
    composition: Composition,
    request: GenerationRequest | None,
    model: Capabilities,
    models: Iterable[Capabilities],
) -> list[str]:
    """One sentence each. What stands at some model's own default was never chosen, and is left out.

    References and negative prompt are told where they stand.
    """
    known = list(models)
    told = [
        sentence
        for name, value in composition.settings.items()
        if (sentence := _setting(name, value, model, known))
    ]
    if composition.seed is not None and model.seed is None:
        told.append(f"{model.label} has no seed; {composition.seed} is kept for other models.")
    if request is not None:
        chosen = [c for c in model.cautions if c.field != "seed" or composition.seed is not None]
        told += [f"{c.wrong} {c.allowed}".strip() for c in chosen if c.broken_by(request)]
    return told


def _setting(name: str, value: Scalar, model: Capabilities, models: Sequence[Capabilities]) -> str:
    own = model.setting(name)
    others = [s for m in models if (s := m.setting(name)) and s.fault(value) is None]
    if (own and own.fault(value) is None) or not others or any(s.default == value for s in others):
        return ""
    if own:
        return f"{own.label} can't be {_worded(value, own)} here; {_worded(own.default, own)} was set."
    return f"{model.label} has no setting “{others[0].label}”; {_worded(value, others[0])} is not sent."


def _worded(value: Scalar, setting: Setting) -> str:
    if isinstance(value, bool):
        return figures.setting_value(setting.name, value, None)
    return f"{value} {setting.unit.strip()}".strip()
