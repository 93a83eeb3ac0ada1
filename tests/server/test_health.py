from __future__ import annotations

import httpx

from workbench import __version__


def test_a_usable_workbench(client: httpx.Client) -> None:
    answer = client.get("/api/health")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "version": __version__, "runner": True}
    assert answer.headers["cache-control"] == "no-store"


def test_a_foreign_host_hears_the_status_alone(client: httpx.Client) -> None:
    answer = client.get("/api/health", headers={"Host": "balancer.example"})
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}


def test_unknown_routes_are_no_pages(client: httpx.Client) -> None:
    answer = client.get("/api/nothing")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "unknown_route"
