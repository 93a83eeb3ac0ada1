"""Every fault, on every wire: the state it ends in, the sentence, and how often a paid request went out.

The services keep books of their own; nothing of ``workbench`` has written them.
"""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.foreign import flow, interactions, vertex, videos
from tests.foreign.house import House, hurried, picture, secrets_in
from tests.foreign.service import (
    CREATE,
    FETCH,
    POLL,
    Asked,
    Elsewhere,
    Fault,
    Reply,
    Service,
    answers,
    cuts,
    drops_after,
    drops_before,
    halves,
    refuses,
    running,
    said,
    sends_to,
    sleeps,
)
from workbench.api import LoggedRun
from workbench.domain.run import Status

KEYS = ("authorization", "x-goog-api-key")
SECRETS = [vertex.KEY, vertex.ACCESS, interactions.KEY, videos.KEY, flow.TOKEN]
SOON = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.2s"}
PAGE = answers(Reply(502, b"<html><title>502 Bad Gateway</title></html>", "text/html"))
WITHIN_S = 20.0


@dataclass(frozen=True)
class Ends:
    """How it must end. ``words`` stand in the sentence (or in what the run waits for)."""

    status: Status
    words: str = ""
    accepted: int = 1
    creates: int = 1
    money: str = ""


@dataclass(frozen=True)
class Case:
    """``at`` maps a step to its faults, in order; ``always`` to one that stays."""

    ends: Ends
    at: tuple[tuple[str, Fault], ...] = ()
    always: tuple[tuple[str, Fault], ...] = ()
    last_word: Any = None
    given: tuple[tuple[str, Any], ...] = ()


CAME = Ends(Status.SUCCEEDED, "made 1 clip")
UNSURE = Ends(Status.UNCERTAIN, "", 0, money="It may have been charged.")
UNPAID = Ends(Status.FAILED, "", 0, money="Nothing was charged.")


def submit(fault: Fault, ends: Ends) -> Case:
    return Case(ends, ((CREATE, fault),))


def says(word: Any, status: Status, words: str) -> Case:
    return Case(Ends(status, words), last_word=word)


def repeats_the_key(asked: Asked, _work: Callable[[], Reply]) -> Reply:
    """As services do that want to be helpful."""
    told = [asked.headers[key] for key in KEYS if key in asked.headers]
    message = f"Incorrect API key provided: {told[0].removeprefix('Bearer ')}. You sent {told[0]!r}."
    return said({"error": {"code": 401, "message": message, "status": "UNAUTHENTICATED"}}, 401)


def skewed(_asked: Asked, work: Callable[[], Reply]) -> Reply:
    return replace(work(), headers={"Date": "Mon, 01 Jan 2001 00:00:00 GMT"})


AT_SUBMIT = {
    "400": submit(
        refuses(400, "INVALID_ARGUMENT", "No such length."), replace(UNPAID, words="answered 400: No such")
    ),
    "401": submit(refuses(401, "UNAUTHENTICATED", "Bad."), replace(UNPAID, words="failed (auth)")),
    "401 with the key": submit(repeats_the_key, replace(UNPAID, words="failed (auth)")),
    "403": submit(
        refuses(403, "PERMISSION_DENIED", "Denied."), replace(UNPAID, words="what that key may do")
    ),
    "404": submit(refuses(404, "NOT_FOUND", "No model."), replace(UNPAID, words="Check the model's name")),
    "409": submit(refuses(409, "ABORTED", "Conflict"), replace(UNPAID, words="send it again")),
    "413": submit(refuses(413, "X", "Too large"), replace(UNPAID, words="use fewer or smaller files")),
    "429 told": submit(refuses(429, "RESOURCE_EXHAUSTED", "Quota", SOON), replace(CAME, creates=2)),
    "429 header": submit(refuses(429, "X", "Quota", Retry_After="1"), replace(CAME, creates=2)),
    "429": submit(
        refuses(429, "RESOURCE_EXHAUSTED", "Your quota."), Ends(Status.QUEUED, "it is tried again at", 0)
    ),
    "408": submit(refuses(408, "X", "Late"), replace(UNSURE, words="answered 408")),
    "500": submit(refuses(500, "INTERNAL", "Oh"), replace(UNSURE, words="answered 500")),
    "502": submit(PAGE, replace(UNSURE, words="answered 502: 502 Bad Gateway")),
    "503": submit(refuses(503, "UNAVAILABLE", "Full"), replace(UNSURE, words="answered 503: Full")),
    "dropped unread": submit(drops_before, replace(UNSURE, words="")),
    "dropped once read": submit(drops_after, replace(UNSURE, accepted=1)),
    "answer cut": submit(cuts, replace(UNSURE, accepted=1)),
    "no JSON": submit(answers(Reply(200, b"<html>hi</html>", "text/html")), UNSURE),
    "no name": submit(answers(said({})), UNSURE),
    "slow": submit(sleeps(1.0), CAME),
}
OFTEN_TRIED = {"400", "404", "409", "408", "500", "503", "429 header", "slow"}
BRIEFLY = {name: case for name, case in AT_SUBMIT.items() if name not in OFTEN_TRIED}
AFTERWARDS = {
    "poll fails": Case(CAME, ((POLL, refuses(500, "INTERNAL", "Oh")), (POLL, PAGE))),
    "poll dropped": Case(CAME, ((POLL, drops_before), (POLL, cuts))),
    "poll 429": Case(CAME, ((POLL, refuses(429, "X", "Slow", SOON)),)),
    "poll 401": Case(Ends(Status.GENERATING, "Check its key"), always=((POLL, refuses(401, "X", "Lapsed")),)),
    "poll 401 with the key": Case(
        Ends(Status.GENERATING, "Check its key"), always=((POLL, repeats_the_key),)
    ),
    "clock skew": Case(CAME, always=((POLL, skewed),)),
    "clip cut": Case(CAME, ((FETCH, cuts),)),
    "clip halved": Case(CAME, ((FETCH, halves),)),
    "clip 500": Case(CAME, ((FETCH, refuses(500, "INTERNAL", "Oh")), (FETCH, drops_before))),
}


def veo_says(**response: Any) -> dict[str, Any]:
    return {"response": {"@type": vertex.KINDS, **response}}


def safe(count: int, *reasons: str) -> dict[str, Any]:
    return {"raiMediaFilteredCount": count, "raiMediaFilteredReasons": list(reasons)}


NO_CLIP = "names no clip and no reason"
TAKEN = "the safety filter took every clip"
VEO_SAYS = {
    "done, empty": says({}, Status.FAILED, NO_CLIP),
    "done, no videos": says(veo_says(), Status.FAILED, NO_CLIP),
    "done, error": says(
        {"error": {"code": 13, "message": "Internal error."}}, Status.FAILED, "Internal error"
    ),
    "done, unsafe": says(
        {"error": {"code": 3, "message": "Not submitted. Support codes: 58061214"}},
        Status.FILTERED,
        "children",
    ),
    "filtered": says(
        veo_says(**safe(1, "58061214")), Status.FILTERED, f"{TAKEN} (children, support code 58061214)"
    ),
}
OMNI_SAYS = {
    "done, empty": says({}, Status.FAILED, NO_CLIP),
    "words only": says(
        {
            "steps": [
                {"type": "model_output", "content": [{"type": "text", "text": "I can't show that person."}]}
            ]
        },
        Status.FILTERED,
        f"{TAKEN} (I can't show that person)",
    ),
    "failed": says({"status": "failed", "errors": [{"message": "blocked"}]}, Status.FILTERED, "blocked"),
    "failed, whole times": says(
        {"status": "failed", "created": 1764000000}, Status.FAILED, "interaction failed"
    ),
    "unknown word": says({"status": "weird_new_status"}, Status.GENERATING, "weird_new_status"),
    "incomplete": says({"status": "incomplete"}, Status.FAILED, "before the clip was complete"),
    "budget": says({"status": "budget_exceeded"}, Status.FAILED, "its budget was used up"),
    "listed error": submit(
        answers(said([{"error": {"code": "invalid_request", "message": "Invalid duration"}}], 400)),
        replace(UNPAID, words="Invalid duration"),
    ),
}
VIDEO_SAYS = {
    "failed": says(
        {"status": "failed", "error": {"code": "moderation_blocked", "message": "no"}}, Status.FILTERED, TAKEN
    ),
    "failed, text": says({"status": "failed", "error": "boom"}, Status.FAILED, "boom"),
    "failed, number": says(
        {"status": "failed", "error": {"code": 500, "message": "CUDA"}}, Status.FAILED, "CUDA"
    ),
    "failed, bare": says({"status": "failed"}, Status.FAILED, "no reason"),
    "unknown word": says({"status": "rendering_soon"}, Status.GENERATING, "rendering_soon"),
    "string times": says({"created_at": "2026-01-31T12:00:00Z", "completed_at": "?"}, Status.SUCCEEDED, ""),
    "expired": says({"status": "expired"}, Status.EXPIRED, "has expired"),
}
FLOW_SAYS = {
    "unsafe": says({"status": "MEDIA_GENERATION_STATUS_ERROR_UNSAFE"}, Status.FILTERED, "ERROR_UNSAFE"),
    "unknown word": says({"status": "MEDIA_GENERATION_STATUS_SOON"}, Status.GENERATING, "SOON"),
    "bare success": says({"status": "MEDIA_GENERATION_STATUS_SUCCESSFUL"}, Status.FAILED, NO_CLIP),
    "robot": submit(
        refuses(403, "X", "reCAPTCHA evaluation failed", {"reason": "PUBLIC_ERROR_UNUSUAL_ACTIVITY"}),
        replace(UNPAID, words="make the clip with reference images on Vertex"),
    ),
}


@dataclass(frozen=True)
class Wire:
    model: str
    service: Callable[[bytes, str], Service]
    settings: Callable[[Service, Path], dict[str, str]]
    cases: dict[str, Case]
    is_stored_elsewhere: bool = False  # the clip is fetched from another host


def veo_settings(service: Service, folder: Path) -> dict[str, str]:
    assert isinstance(service, vertex.Vertex)
    service.service_account(folder / "account.json")
    return {
        "GOOGLE_APPLICATION_CREDENTIALS": str(folder / "account.json"),
        "GOOGLE_CLOUD_PROJECT": vertex.PROJECT,
        "GOOGLE_VERTEX_BASE_URL": service.url,
        "WORKBENCH_GCS_BASE_URL": service.url,
    }


def video_settings(service: Service, folder: Path) -> dict[str, str]:
    return {"OPENAI_VIDEOS_BASE_URL": f"{service.url}/v1", "OPENAI_VIDEOS_API_KEY": videos.KEY}


WIRES = {
    "vertex": Wire(
        "vertex/veo-3.1-generate-001",
        lambda clip, _store: vertex.Vertex(clip),
        veo_settings,
        AT_SUBMIT | AFTERWARDS | VEO_SAYS,
    ),
    "interactions": Wire(
        "gemini/gemini-omni-1.2-flash",
        lambda clip, _store: interactions.Interactions(clip),
        lambda service, _folder: {"GEMINI_API_KEY": interactions.KEY, "GOOGLE_GEMINI_BASE_URL": service.url},
        AT_SUBMIT | AFTERWARDS | OMNI_SAYS,
    ),
    "guide": Wire(
        "openai-videos/veo-3.1-fast",
        videos.AsyncGuide,
        video_settings,
        AT_SUBMIT | AFTERWARDS | VIDEO_SAYS,
        is_stored_elsewhere=True,
    ),
    "openai": Wire(
        "openai-videos/sora-like-1",
        lambda clip, _store: videos.Videos(clip),
        video_settings,
        AFTERWARDS,
    ),
    "flow": Wire(
        "flow/veo_3_1_t2v_fast",
        flow.Flow,
        lambda service, _folder: {
            "FLOW_GATEWAY_URL": service.url,
            "FLOW_GATEWAY_TOKEN": flow.TOKEN,
            "FLOW_PROJECT_ID": flow.PROJECT,
        },
        BRIEFLY | AFTERWARDS | FLOW_SAYS,
        is_stored_elsewhere=True,
    ),
}


@pytest.mark.parametrize("name", WIRES)
def test_every_fault_ends_in_the_right_state_with_one_sentence(
    name: str, tmp_path: Path, clip: bytes
) -> None:
    wire = WIRES[name]
    with ThreadPoolExecutor(8) as pool:
        told = pool.map(lambda case: _faults_of(wire, *case, tmp_path, clip), wire.cases.items())
        assert [line for lines in told for line in lines] == []


def _faults_of(wire: Wire, name: str, case: Case, folder: Path, clip: bytes) -> list[str]:
    """What is wrong with one case, in words."""
    home = folder / name.replace(" ", "-").replace(",", "")
    home.mkdir()
    store = Elsewhere(clip)
    service = wire.service(clip, store.url)
    keeper = store if wire.is_stored_elsewhere else service
    for step, fault in case.at:
        (keeper if step == FETCH else service).faults[step].append(fault)
    for step, fault in case.always:
        (keeper if step == FETCH else service).always[step] = fault
    service.last_word = case.last_word
    given = dict(case.given)
    if isinstance(service, vertex.Vertex) and any(step == FETCH for step, _ in case.at):
        given["output_gcs_uri"] = "gs://lions/out"
    if name == "413" and not isinstance(service, flow.Flow):
        given["first_frame"] = str(picture(home, "first.png"))
    house = House(home, wire.settings(service, home))
    with running(service, store), hurried(house) as workbench:
        run_id = workbench.submit(workbench.request("A lion at dawn", model=wire.model, **given))
        run = _settled(lambda: workbench.run(run_id), case.ends)
    told = f"{run.outcome} {run.progress_note}"
    checks = {
        f"it is {run.status}, not {case.ends.status}: {told}": run.status is case.ends.status,
        f"it does not say {case.ends.words!r}: {told}": case.ends.words in told,
        f"it does not say {case.ends.money!r}: {told}": case.ends.money in told,
        f"{len(service.accepted)} were accepted": len(service.accepted) == case.ends.accepted,
        f"{len(service.asked(CREATE))} were sent": len(service.asked(CREATE)) == case.ends.creates,
        "a key went to another host": not any(key in one.headers for one in store.book for key in KEYS),
        "a key is on the disk": not secrets_in(house.data, SECRETS),
        f"a traceback is told: {told}": "Traceback" not in told and "<html" not in told,
    }
    return [f"{name}: {fault}" for fault, is_right in checks.items() if not is_right]


def _settled(read: Callable[[], LoggedRun], ends: Ends) -> LoggedRun:
    """The run once it has come to rest, or to where it shall wait for something."""
    tick, run = threading.Event(), read()
    for _ in range(int(WITHIN_S / 0.05)):
        run = read()
        if run.status.is_final or run.status is Status.UNCERTAIN:
            break
        if run.status is ends.status and ends.words in f"{run.outcome} {run.progress_note}":
            break
        tick.wait(0.05)
    return run


def test_a_filter_that_took_one_of_two_clips_leaves_the_other(tmp_path: Path, clip: bytes) -> None:
    service = vertex.Vertex(clip)
    inline = {"bytesBase64Encoded": base64.b64encode(clip).decode(), "mimeType": "video/mp4"}
    service.last_word = veo_says(videos=[inline], **safe(1, "Support codes: 15236754"))
    house = House(tmp_path, veo_settings(service, tmp_path))
    with running(service), hurried(house) as workbench:
        run = workbench.generate("Two", model="vertex/veo-3.1-generate-001", number_of_videos=2, timeout_s=20)
    assert (run.status, len(run.clips)) == (Status.SUCCEEDED, 1)
    assert run.filtered == ("a celebrity, support code 15236754",)


def test_too_large_a_request_is_sent_again_smaller_and_accepted_once(tmp_path: Path, clip: bytes) -> None:
    from PIL import Image

    noise = tmp_path / "noise.png"
    Image.frombytes("RGB", (900, 600), os.urandom(900 * 600 * 3)).save(noise)
    store = Elsewhere(clip)
    service = videos.AsyncGuide(clip, store.url)
    service.faults[CREATE].extend([refuses(413, "X", "Too large")] * 2)
    house = House(tmp_path, video_settings(service, tmp_path))
    with running(service, store), hurried(house) as workbench:
        model = "openai-videos/veo-3.1-fast-fl"
        run = workbench.generate("Shrink", model=model, first_frame=str(noise), timeout_s=20)
    sizes = [len(one.body) for one in service.asked(CREATE)]
    assert sizes == sorted(sizes, reverse=True)
    assert (len(sizes), len(service.accepted)) == (3, 1)
    assert "First frame was sent as JPEG" in run.adjustments[0]


@pytest.mark.parametrize("name", WIRES)
def test_a_redirect_carries_no_key_to_another_host(name: str, tmp_path: Path, clip: bytes) -> None:
    wire, store, stranger = WIRES[name], Elsewhere(clip), Elsewhere(clip)
    service = wire.service(clip, store.url)
    keeper = store if wire.is_stored_elsewhere else service
    house = House(tmp_path, wire.settings(service, tmp_path))
    given = {"output_gcs_uri": "gs://lions/out"} if name == "vertex" else {}
    with running(service, store, stranger), hurried(house) as workbench:
        keeper.always[FETCH] = sends_to(f"{stranger.url}/signed.mp4")
        service.faults[POLL].append(sends_to(f"{stranger.url}/poll"))
        run = workbench.generate("Moved", model=wire.model, timeout_s=20, **given)
        service.faults[CREATE].append(
            answers(Reply(307, b"", headers={"Location": f"{stranger.url}/create"}))
        )
        lost = workbench.submit(workbench.request("Moved, too", model=wire.model))
        (failed,) = workbench.wait([lost], timeout_s=20)
    assert run.status is Status.SUCCEEDED
    assert failed.status is Status.FAILED
    assert "a paid request follows no redirect" in failed.outcome
    assert {one.path for one in stranger.book} == {"/signed.mp4"}
    assert [one.path for one in (*stranger.book, *store.book) if set(KEYS) & set(one.headers)] == []
