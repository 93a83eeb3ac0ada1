"""A model's name as clients of ``/v1/videos`` write it – often without an endpoint – → the model."""

from __future__ import annotations

from workbench.api import DEFAULT_MODEL, Workbench
from workbench.api.successors import Heir, heir
from workbench.domain.errors import UnknownModel
from workbench.domain.retired import gone


def named(bench: Workbench, name: str | None, *, successor: bool = False) -> Heir:
    """A whole name as it is; a bare one where one endpoint serves it, those that are set up first.

    Without a name it is the embedded preview, which is free. Raises ``UnknownModel``: a name that is gone
    becomes its successor only where ``successor`` says so, since that may cost more.
    """
    text = DEFAULT_MODEL if name is None else name.strip()
    if text.partition("/")[0] in {provider.endpoint for provider in bench.endpoints()}:
        return _heir(bench, text, successor)
    serving = [m.model for m in bench.models() if m.model.partition("/")[2] == text]
    ready = [model for model in serving if not bench.missing(model)]
    found = ready or serving
    if len(found) > 1:
        raise UnknownModel(
            f"{text} is served by several endpoints. Say which is meant: {', '.join(found)}. "
            f"Nothing was sent."
        )
    return _heir(bench, found[0] if found else text, successor)


def _heir(bench: Workbench, name: str, successor: bool) -> Heir:
    try:
        return heir(bench, name, wanted=successor)
    except UnknownModel as error:
        if (old := gone(name)) is None:
            raise
        raise UnknownModel(
            f"{name:.100} {old.why}. Use {old.successor}, or send successor=true to go ahead with that. "
            f"Nothing was sent."
        ) from error
