"""The HTTP side on a real uvicorn in this process, before a workbench of the test's own."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import openai
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware

from workbench import Workbench
from workbench.api.current import use
from workbench.domain.capabilities import CLIPS, IMAGES, Capabilities, RoleLimit
from workbench.domain.media import Role
from workbench.providers.fake import Fake, Script
from workbench.server.gate import Gate
from workbench.server.routes import ROUTES
from workbench.settings.access import THIS_MACHINE_ONLY, AccessSettings


class Acting(Fake):
    """A fake under an endpoint of its own, so that several behaviours stand side by side."""

    def __init__(self, endpoint: str, folder: Path, script: Script, roles: Sequence[Role] = ()) -> None:
        super().__init__(folder / f"{endpoint}.journal", script)
        self.endpoint = endpoint
        self.account = f"{endpoint}:script"
        self._roles = roles

    def models(self) -> list[Capabilities]:
        named = [replace(m, model=f"{self.endpoint}/{m.model.partition('/')[2]}") for m in super().models()]
        if not self._roles:
            return named
        roles = {role: RoleLimit(2, CLIPS if role.is_clip else IMAGES) for role in self._roles}
        return [replace(m, roles=roles) for m in named]


@contextmanager
def standing(bench: Workbench, access: AccessSettings = THIS_MACHINE_ONLY) -> Iterator[str]:
    """The address. Closes ``bench`` at the end."""
    use(bench)
    bench.runner()
    app = Starlette(routes=ROUTES, middleware=[Middleware(Gate, load=lambda: access)])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            threading.Event().wait(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)
        use(None)


def client_of(address: str, **more: object) -> openai.OpenAI:
    """The package as it is installed; its retries off unless asked for."""
    options: dict[str, object] = {"max_retries": 0, **more}
    return openai.OpenAI(base_url=f"{address}/v1", api_key="any", **options)  # type: ignore[arg-type]
