"""``/api``: runs, models, prompts and references over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.media.footage import write_clip
from tests.server.standing import Acting, standing
from tests.server.test_videos import picture
from workbench import Workbench
from workbench.domain.media import Role
from workbench.domain.run import Parenthood, Status
from workbench.providers import animatic, vertex
from workbench.providers.fake import Script
from workbench.settings import Settings


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    folder = tmp_path_factory.mktemp("data")
    settings = Settings(folder)
    providers = [
        *animatic.endpoints(settings),
        *vertex.endpoints(settings),
        Acting("works", folder, Script()),
        Acting("slow", folder, Script(latency_s=600, can_cancel=True)),
    ]
    return Workbench(settings=settings, providers=providers, app=True)


@pytest.fixture(scope="module")
def client(bench: Workbench) -> Iterator[httpx.Client]:
    with standing(bench) as address, httpx.Client(base_url=address, trust_env=False, timeout=30) as client:
        yield client


def make(client: httpx.Client, **body: object) -> list[dict[str, Any]]:
    answer = client.post("/api/runs", json={"prompt": "a lion", "model": "works/clip", **body})
    assert answer.status_code == 201, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def test_a_run_is_made_with_everything_a_model_takes(client: httpx.Client, bench: Workbench) -> None:
    stored = bench.take_in(picture(), "a.png", Role.FIRST_FRAME)
    (made,) = make(
        client,
        negative_prompt="text",
        seed=7,
        settings={"duration_s": 6, "aspect_ratio": "9:16"},
        first_frame=stored.sha256,
    )
    assert (made["status"], made["seed"], made["negative_prompt"]) == ("queued", 7, "text")
    assert made["settings"] == {"duration_s": 6, "aspect_ratio": "9:16", "resolution": "720p", "samples": 1}
    assert made["inputs"][0]["url"] == f"/api/media/{stored.sha256}.png"
    (run,) = bench.wait([made["id"]], timeout_s=30)
    told = client.get(f"/api/runs/{run.id}").json()
    assert told["status"] == "succeeded"
    (clip,) = told["clips"]
    assert client.get(clip["url"]).content == run.clips[0].path.read_bytes()
    assert client.get(clip["poster"]).headers["content-type"] == "image/jpeg"
    assert str(bench.settings.data) not in json.dumps(told)
    assert client.get(f"/api/runs/{run.id[:24].lower()}").status_code in (200, 404)  # others may begin so


def test_takes_are_one_arm(client: httpx.Client, bench: Workbench) -> None:
    made = make(client, seed=10, takes=3)
    runs = [bench.run(each["id"]) for each in made]
    assert [run.request.seed for run in runs] == [10, 11, 12]
    assert len({run.request.arm_hash for run in runs}) == 1


def test_a_variant_names_its_parent(client: httpx.Client, bench: Workbench) -> None:
    (parent,) = make(client)
    (child,) = make(client, prompt="a tiger", parent=parent["id"])
    assert (child["parent_id"], child["parenthood"]) == (parent["id"], "variant")
    assert bench.run(child["id"]).origin.parenthood is Parenthood.VARIANT


def test_a_clip_is_extended_by_the_id_of_its_run(client: httpx.Client, bench: Workbench) -> None:
    (first,) = make(client)
    bench.wait([first["id"]], timeout_s=30)
    (longer,) = make(client, extend=first["id"])
    assert (longer["parent_id"], longer["parenthood"]) == (first["id"], "extension")


def test_pages_and_filters(client: httpx.Client, bench: Workbench) -> None:
    made = [make(client, prompt=f"unicorn {n}", model="slow/clip")[0]["id"] for n in range(5)]
    seen: list[str] = []
    query: dict[str, Any] = {"text": "unicorn", "limit": 2}
    while True:
        page = client.get("/api/runs", params=query).json()
        seen += [run["id"] for run in page["data"]]
        if page["older"] is None:
            break
        query["before"] = page["older"]
    assert seen == made[::-1]

    def found(**query: Any) -> set[str]:
        return {run["id"] for run in client.get("/api/runs", params=query).json()["data"]}

    assert set(made) <= found(model="slow/clip", status=["queued", "submitting", "generating"])
    assert not set(made) & found(status="succeeded")
    assert not set(made) & found(model="works/clip")
    assert set(made) <= found(since="2020-01-01T00:00:00")
    assert not found(until="2020-01-01T00:00:00Z")
    assert set(made[:1]) == found(text="unicorn 0")


def test_the_bin_and_back(client: httpx.Client, bench: Workbench) -> None:
    (made,) = make(client)
    bench.wait([made["id"]], timeout_s=30)
    address = f"/api/runs/{made['id']}"
    assert client.delete(address).json()["deleted_at"]
    assert made["id"] in [r["id"] for r in client.get("/api/runs", params={"deleted": True}).json()["data"]]
    assert made["id"] not in [r["id"] for r in client.get("/api/runs").json()["data"]]
    assert client.post(f"{address}/undelete").json()["deleted_at"] is None


def test_an_open_run_is_cancelled_before_it_is_deleted(client: httpx.Client, bench: Workbench) -> None:
    (made,) = make(client, model="slow/clip")
    address = f"/api/runs/{made['id']}"
    answer = client.delete(address)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "wrong_state")
    assert client.post(f"{address}/cancel").status_code == 200
    bench.wait([made["id"]], timeout_s=30)
    assert bench.run(made["id"]).status is Status.CANCELLED
    assert client.post(f"{address}/cancel").status_code == 409
    assert client.delete(address).status_code == 200


def test_ratings(client: httpx.Client, bench: Workbench) -> None:
    (made,) = make(client)
    bench.wait([made["id"]], timeout_s=30)
    address = f"/api/runs/{made['id']}/ratings"
    body = {"scores": {"motion": 4, "prompt_adherence": 2}, "person": "Ada", "comment": "stiff"}
    rated = client.post(address, json=body).json()["data"]
    assert {(r["criterion"], r["score"], r["person"], r["comment"]) for r in rated} == {
        ("motion", 4, "Ada", "stiff"),
        ("prompt_adherence", 2, "Ada", "stiff"),
    }
    assert client.get(f"/api/runs/{made['id']}").json()["rating"] == 3.0
    for wrong in ({"beauty": 3}, {"motion": 6}, {"motion": "best"}, {}):
        assert client.post(address, json={"scores": wrong}).status_code == 400
    nothing = client.post(address, json={"scores": {"motion": 3}, "position": 5})
    assert nothing.status_code == 400
    assert len(client.get(address).json()["data"]) == 2


def test_models_say_what_they_take_and_lack(client: httpx.Client) -> None:
    models = {m["model"]: m for m in client.get("/api/models").json()["data"]}
    preview = models["animatic/preview"]
    assert preview["ready"]
    assert {s["name"] for s in preview["settings"]} >= {"duration_s", "aspect_ratio"}
    assert "1280x720" in preview["sizes"]
    veo = models["vertex/veo-3.1-generate-001"]
    assert not veo["ready"]
    assert "GOOGLE_CLOUD_PROJECT" in veo["missing"]
    assert client.get("/api/models/vertex/veo-3.1-generate-001").json() == veo
    assert veo["sizes"][:2] == ["1280x720", "720x1280"]


def test_a_model_that_is_not_set_up_is_told_before_anything_is_logged(
    client: httpx.Client, bench: Workbench
) -> None:
    before = sum(bench.counts().values())
    answer = client.post("/v1/videos", json={"prompt": "x", "model": "veo-3.1-generate-001"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (424, "provider_not_ready")
    assert "GOOGLE_CLOUD_PROJECT" in answer.json()["error"]["message"]
    assert sum(bench.counts().values()) == before


def test_prompts_have_versions(client: httpx.Client) -> None:
    for text in ("a", "b", "a", "a"):
        answer = client.post("/api/prompts", json={"name": "lions/dawn", "text": text, "note": "why"})
        assert answer.status_code == 201
    assert answer.json()["number"] == 3
    history = client.get("/api/prompts/lions/dawn").json()["data"]
    assert [(v["number"], v["text"]) for v in history] == [(3, "a"), (2, "b"), (1, "a")]
    for name in ("Zebra", "apes", "Bears"):
        client.post("/api/prompts", json={"name": name, "text": "x"})
    names: list[str] = []
    page: dict[str, Any] = {"has_more": True}
    while page["has_more"]:
        query = {"limit": 2, "after": names[-1] if names else ""}
        page = client.get("/api/prompts", params=query).json()
        names += page["data"]
    assert names == ["apes", "Bears", "lions/dawn", "Zebra"]


def test_references_are_kept_by_name(client: httpx.Client, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "walk.mp4")
    files = [
        ("file", ("teal.png", picture("teal"), "image/png")),
        ("file", ("walk.mp4", clip.read_bytes(), "video/mp4")),
    ]
    answer = client.post("/api/references", files=files)
    assert answer.status_code == 201, answer.text
    still, moving = answer.json()["data"]
    assert (still["name"], still["mime"], moving["name"], moving["mime"]) == (
        "teal.png",
        "image/png",
        "walk.mp4",
        "video/mp4",
    )
    assert client.get(moving["url"]).content == clip.read_bytes()
    assert client.get(f"/api/references/{still['sha256']}").json() == still
    listed = client.get("/api/references", params={"text": "WALK"}).json()
    assert [r["sha256"] for r in listed["data"]] == [moving["sha256"]]
    assert client.get("/api/references", params={"limit": 1}).json()["has_more"] is True
    (run,) = make(client, first_frame=still["sha256"])
    assert run["inputs"][0]["sha256"] == still["sha256"]
    assert client.delete(f"/api/references/{still['sha256']}").status_code == 200
    assert client.get(f"/api/references/{still['sha256']}").status_code == 404


def test_a_file_that_is_none_is_refused_by_its_name(client: httpx.Client) -> None:
    files = {"file": ("../../evil.html", b"<script>alert(1)</script>", "image/png")}
    answer = client.post("/api/references", files=files)
    assert answer.status_code == 400
    assert "evil.html" in answer.json()["error"]["message"]
    assert "/" not in answer.json()["error"]["message"].split("evil.html")[0]
