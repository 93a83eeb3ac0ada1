"""Which models answer, in words."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from workbench.domain.errors import AuthLapsed, OperationGone, ProviderError
from workbench.providers.base import Probe
from workbench.providers.vertex.access import Access
from workbench.providers.vertex.connection import Connection


async def ask(connection: Connection, access: Access, models: Sequence[str]) -> Probe:
    """All of them at once; one that answers is enough to work with."""
    missing = access.missing()
    if missing:
        return Probe(False, "not set up", "; ".join(f"{m.variable}: {m.what}" for m in missing))
    told = await asyncio.gather(*(_ask(connection, model) for model in models))
    answered = [model for model, error in zip(models, told, strict=True) if error is None]
    gone = [model for model, error in zip(models, told, strict=True) if isinstance(error, OperationGone)]
    others = [error for error in told if error is not None and not isinstance(error, OperationGone)]
    where = f"project {access.project}, {access.location}" if access.project else "an API key alone"
    names = "all its models" if len(answered) == len(models) > 1 else ", ".join(answered)
    parts = [f"{names} answer{'s' if len(answered) == 1 else ''}"] if answered else []
    parts += [f"{', '.join(gone)} not found: retired, or not open to this account"] if gone else []
    parts += list(dict.fromkeys(str(error) for error in others))
    return Probe(bool(answered), f"{'; '.join(parts)} ({where})", _hint(answered, gone, others))


async def _ask(connection: Connection, model: str) -> ProviderError | None:
    try:
        await connection.model(model)
    except ProviderError as error:
        return error
    return None


def _hint(answered: Sequence[str], gone: Sequence[str], others: Sequence[ProviderError]) -> str:
    if any(isinstance(error, AuthLapsed) for error in others):
        return "Check the credentials, and that the Vertex AI API is enabled in the project"
    if others:
        return "Check the network and GOOGLE_VERTEX_BASE_URL"
    if gone and not answered:
        return "Check GOOGLE_CLOUD_LOCATION: Veo 3.1 is served in us-central1"
    return ""
