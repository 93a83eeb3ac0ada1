"""The openai package, unchanged, as a client of ``/v1/videos`` with any provider behind it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import pytest
from PIL import Image

from tests.media.footage import write_clip
from tests.server.standing import Acting, client_of, standing
from workbench import Workbench
from workbench.domain.media import Role
from workbench.domain.run import Parenthood, Status
from workbench.providers import animatic
from workbench.providers.fake import Script
from workbench.settings import Settings

pytestmark = pytest.mark.filterwarnings("ignore:The Sora API:DeprecationWarning")
QUICK = {"poll_interval_ms": 50}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    folder = tmp_path_factory.mktemp("data")
    acting = {
        "works": Script(),
        "several": Script(clips=3, models=("several-clips",)),
        "slow": Script(latency_s=600, can_cancel=True),
        "stuck": Script(latency_s=600),
        "fails": Script(outcome="failed"),
        "filters": Script(filtered=1),
        "refuses": Script(submit_errors=("Rejected",) * 9),
        "loses": Script(submit_errors=("OutcomeUnknown",) * 9),
        "twin": Script(models=("shared",)),
        "other": Script(models=("shared", "alone", "sora-2")),
    }
    settings = Settings(folder)
    providers = [
        *animatic.endpoints(settings),
        *(Acting(name, folder, script) for name, script in acting.items()),
    ]
    providers.append(Acting("shots", folder, Script(), (Role.FIRST_FRAME, Role.LAST_FRAME, Role.REFERENCE)))
    providers.append(Acting("refers", folder, Script(), (Role.REFERENCE,)))
    providers.append(Acting("edits", folder, Script(), (Role.EDITED_CLIP,)))
    return Workbench(settings=settings, providers=providers, app=True)


@pytest.fixture(scope="module")
def address(bench: Workbench) -> Iterator[str]:
    with standing(bench) as address:
        yield address


@pytest.fixture(scope="module")
def client(address: str) -> openai.OpenAI:
    return client_of(address)


def picture(colour: str = "teal", size: tuple[int, int] = (640, 360)) -> bytes:
    with io.BytesIO() as memory:
        Image.new("RGB", size, colour).save(memory, "PNG")
        return memory.getvalue()


def test_create_and_poll_gives_a_clip_that_is_a_run_of_the_log(
    client: openai.OpenAI, bench: Workbench
) -> None:
    made = client.videos.create_and_poll(
        prompt="A lion at dawn", model="animatic/preview", seconds="2", size="640x360", **QUICK
    )
    assert (made.status, made.progress, made.object, made.error) == ("completed", 100, "video", None)
    assert (made.seconds, made.size, made.expires_at) == ("2", "640x360", None)
    assert made.prompt == "A lion at dawn"
    assert isinstance(made.created_at, int)
    assert isinstance(made.completed_at, int)
    assert made.completed_at >= made.created_at
    run = bench.run(made.id)
    assert run.status is Status.SUCCEEDED
    assert (run.request.prompt, run.request.settings["duration_s"]) == ("A lion at dawn", 2)
    assert (run.request.settings["resolution"], run.request.settings["aspect_ratio"]) == ("360p", "16:9")
    content = client.videos.download_content(made.id).content
    assert content == run.clips[0].path.read_bytes()
    thumbnail = Image.open(io.BytesIO(client.videos.download_content(made.id, variant="thumbnail").content))
    assert thumbnail.format == "JPEG"
    before = client.videos.download_content(made.id, variant="spritesheet").content
    sheet = Image.open(io.BytesIO(before))
    assert (sheet.format, sheet.size) == ("JPEG", (5 * 320, 4 * 180))
    (kept,) = (bench.settings.data / "cache" / "sheets").glob(f"{run.clips[0].media.sha256}*")
    assert kept.read_bytes() == before


def test_the_answer_comes_before_the_provider_hears_of_it(client: openai.OpenAI) -> None:
    made = client.videos.create(prompt="x", model="slow/clip")
    assert (made.status, made.progress, made.completed_at) == ("queued", 0, None)
    assert (made.seconds, made.size) == ("4", "1280x720")


def test_without_a_model_it_is_the_free_preview(client: openai.OpenAI) -> None:
    assert client.videos.create(prompt="x").model == "animatic/preview"


@pytest.mark.parametrize(
    ("model", "code", "said"),
    [
        ("fails/clip", "provider", "The script says that it fails"),
        ("filters/clip", "moderation_blocked", "safety filter"),
        ("refuses/clip", "safety", "The script rejects it"),
        ("loses/clip", "uncertain", "It may have been charged"),
    ],
)
def test_what_goes_wrong_ends_as_failed_with_the_reason(
    client: openai.OpenAI, model: str, code: str, said: str
) -> None:
    made = client.videos.create_and_poll(prompt="x", model=model, **QUICK)
    assert made.status == "failed"
    assert made.error
    assert made.error.code == code
    assert said in made.error.message
    with pytest.raises(openai.UnprocessableEntityError):
        client.videos.download_content(made.id)


def test_one_that_hangs_goes_on_and_its_content_is_not_there(client: openai.OpenAI) -> None:
    made = client.videos.create(prompt="x", model="stuck/clip")
    assert client.videos.retrieve(made.id).status in ("queued", "in_progress")
    with pytest.raises(openai.NotFoundError) as told:
        client.videos.download_content(made.id)
    assert told.value.code == "not_ready"


# Names


def test_a_bare_name_means_the_one_endpoint_that_has_it(client: openai.OpenAI) -> None:
    assert client.videos.create(prompt="x", model="alone").model == "other/alone"
    assert client.videos.create(prompt="x", model="sora-2").model == "other/sora-2"
    with pytest.raises(openai.BadRequestError) as told:
        client.videos.create(prompt="x", model="shared")
    assert (
        "twin/shared, other/shared" in told.value.message or "other/shared, twin/shared" in told.value.message
    )
    assert (told.value.code, told.value.param) == ("unknown_model", "model")


def test_a_name_that_is_gone_is_refused_with_what_to_use(client: openai.OpenAI) -> None:
    with pytest.raises(
        openai.BadRequestError, match=r"sora-2-pro was shut down .* gemini/gemini-omni-1.2-flash"
    ):
        client.videos.create(prompt="x", model="sora-2-pro")


# Fields


def test_extra_fields_are_the_models_own_settings(client: openai.OpenAI, bench: Workbench) -> None:
    extra = {"negative_prompt": "text", "seed": 7, "samples": 2, "aspect_ratio": "9:16", "duration": 6}
    made = client.videos.create(prompt="x", model="works/clip", extra_body=extra)
    asked = bench.run(made.id).request
    assert (asked.negative_prompt, asked.seed) == ("text", 7)
    assert dict(asked.settings) == {
        "duration_s": 6,
        "aspect_ratio": "9:16",
        "resolution": "720p",
        "samples": 2,
    }
    assert made.size == "720x1280"


def test_json_is_as_good_as_a_form(address: str, bench: Workbench) -> None:
    body = {
        "prompt": "x",
        "model": "works/clip",
        "seconds": 8,
        "size": "1920x1080",
        "seed": 3,
        "samples": None,
    }
    answer = httpx.post(f"{address}/v1/videos", json=body, trust_env=False)
    assert answer.status_code == 200
    asked = bench.run(answer.json()["id"]).request
    assert (asked.settings["duration_s"], asked.settings["resolution"], asked.seed) == (8, "1080p", 3)


def test_one_picture_is_the_first_frame(client: openai.OpenAI, bench: Workbench) -> None:
    made = client.videos.create(prompt="x", model="shots/clip", input_reference=("a.png", picture()))
    assert [i.role for i in bench.run(made.id).request.inputs] == [Role.FIRST_FRAME]


def test_two_pictures_are_first_and_last_frame_in_both_spellings(
    client: openai.OpenAI, address: str, bench: Workbench
) -> None:
    two = [("a.png", picture("teal")), ("b.png", picture("red"))]
    made = client.videos.create(prompt="x", model="shots/clip", input_reference=two)  # type: ignore[arg-type]
    inputs = bench.run(made.id).request.inputs
    assert [i.role for i in inputs] == [Role.FIRST_FRAME, Role.LAST_FRAME]
    assert inputs[0].media.sha256 != inputs[1].media.sha256
    # As the asynchronous guide sends them: the same name twice.
    parts = [("input_reference", each) for each in two]
    answer = httpx.post(
        f"{address}/v1/videos", data={"prompt": "x", "model": "shots/clip"}, files=parts, trust_env=False
    )
    again = bench.run(answer.json()["id"]).request.inputs
    assert [(i.role, i.media.sha256) for i in again] == [(i.role, i.media.sha256) for i in inputs]


def test_pictures_are_references_where_the_model_has_no_frames(
    client: openai.OpenAI, bench: Workbench
) -> None:
    made = client.videos.create(prompt="x", model="refers/clip", input_reference=("a.png", picture()))
    assert [i.role for i in bench.run(made.id).request.inputs] == [Role.REFERENCE]


def test_pictures_by_data_url_stored_file_and_run(
    address: str, bench: Workbench, client: openai.OpenAI
) -> None:
    import base64

    inline = f"data:image/png;base64,{base64.b64encode(picture('navy')).decode()}"
    stored = bench.take_in(picture("olive"), "olive.png", Role.FIRST_FRAME)
    clip = client.videos.create_and_poll(prompt="x", model="works/clip", **QUICK)
    for given in ({"image_url": inline}, inline, stored.sha256, {"media": stored.sha256}, {"id": clip.id}):
        body = {"prompt": "x", "model": "works/clip", "input_reference": given}
        answer = httpx.post(f"{address}/v1/videos", json=body, trust_env=False)
        assert answer.status_code == 200, answer.text
        (only,) = bench.run(answer.json()["id"]).request.inputs
        assert only.role is Role.FIRST_FRAME


def test_a_nested_field_of_a_form_is_an_object(client: openai.OpenAI, bench: Workbench) -> None:
    stored = bench.take_in(picture("pink"), "pink.png", Role.FIRST_FRAME)
    made = client.videos.create(
        prompt="x", model="works/clip", extra_body={"input_reference": {"image_url": stored.sha256}}
    )
    assert [i.media.sha256 for i in bench.run(made.id).request.inputs] == [stored.sha256]


# Going on


def test_remix_keeps_everything_but_the_prompt(client: openai.OpenAI, bench: Workbench) -> None:
    first = client.videos.create_and_poll(
        prompt="a lion",
        model="works/clip",
        size="720x1280",
        input_reference=("a.png", picture()),
        extra_body={"seed": 5, "negative_prompt": "text"},
        **QUICK,
    )
    remixed = client.videos.remix(first.id, prompt="a tiger")
    assert (remixed.remixed_from_video_id, remixed.prompt) == (first.id, "a tiger")
    old, new = bench.run(first.id), bench.run(remixed.id)
    assert new.request.inputs == old.request.inputs
    assert (new.request.settings, new.request.seed) == (old.request.settings, 5)
    assert new.request.negative_prompt == "text"
    assert (new.origin.parent_id, new.origin.parenthood) == (first.id, Parenthood.VARIANT)


def test_remix_edits_the_clip_where_the_model_does(client: openai.OpenAI, bench: Workbench) -> None:
    first = client.videos.create_and_poll(prompt="a lion", model="edits/clip", **QUICK)
    edited = bench.run(client.videos.remix(first.id, prompt="make it a tiger").id)
    (given,) = edited.request.inputs
    assert (given.role, given.media) == (Role.EDITED_CLIP, bench.run(first.id).clips[0].media)
    assert (edited.origin.parent_id, edited.origin.parenthood) == (first.id, Parenthood.EDIT)


def test_remix_needs_a_finished_video(client: openai.OpenAI) -> None:
    made = client.videos.create(prompt="x", model="stuck/clip")
    with pytest.raises(openai.BadRequestError, match="Only a completed video"):
        client.videos.remix(made.id, prompt="y")


def test_extend_a_run_and_an_upload(
    client: openai.OpenAI, address: str, bench: Workbench, tmp_path: Path
) -> None:
    """The package itself refuses to send the id of a video; others do."""
    first = client.videos.create_and_poll(prompt="a lion", model="works/clip", seconds="6", **QUICK)
    body = {"prompt": "it roars", "seconds": "4", "video": {"id": first.id}}
    longer = httpx.post(f"{address}/v1/videos/extensions", json=body, trust_env=False).json()
    run = bench.run(longer["id"])
    assert (run.origin.parent_id, run.origin.parenthood) == (first.id, Parenthood.EXTENSION)
    assert (run.request.model, run.request.settings["duration_s"]) == ("works/clip", 4)
    assert longer["remixed_from_video_id"] == first.id
    footage = write_clip(tmp_path / "mine.mp4")
    other = client.videos.extend(prompt="on", seconds="4", video=footage, extra_body={"model": "works/clip"})
    (given,) = bench.run(other.id).request.inputs
    assert (given.role, given.media.mime) == (Role.SOURCE_CLIP, "video/mp4")
    assert bench.path(given.media).read_bytes() == footage.read_bytes()


# Listing and deleting


def test_pages_by_cursor_in_both_orders(client: openai.OpenAI) -> None:
    made = [client.videos.create(prompt=f"page {n}", model="slow/clip").id for n in range(7)]
    listed = []
    for each in client.videos.list(limit=2):
        listed.append(each.id)
        if len(listed) == 7:
            break
    assert listed == made[::-1]
    everything = [each.id for each in client.videos.list(limit=50)]
    assert [each.id for each in client.videos.list(limit=3, order="asc")] == everything[::-1]
    page = client.videos.list(limit=2, after=made[3])
    assert [each.id for each in page.data] == [made[2], made[1]]
    assert (page.has_more, page.last_id) == (True, made[1])
    last = client.videos.list(limit=100)
    assert last.has_more is False


def test_a_cursor_stays_good_when_its_video_is_deleted(client: openai.OpenAI) -> None:
    made = [client.videos.create(prompt="x", model="slow/clip").id for _ in range(3)]
    client.videos.delete(made[1])
    assert client.videos.list(limit=1, after=made[1]).data[0].id == made[0]


def test_deleting_a_finished_one_moves_it_to_the_bin(client: openai.OpenAI, bench: Workbench) -> None:
    made = client.videos.create_and_poll(prompt="x", model="works/clip", **QUICK)
    gone = client.videos.delete(made.id)
    assert (gone.id, gone.object, gone.deleted) == (made.id, "video.deleted", True)
    assert bench.run(made.id).deleted_at
    for again in (client.videos.retrieve, client.videos.delete, client.videos.download_content):
        with pytest.raises(openai.NotFoundError):
            again(made.id)
    assert made.id not in [each.id for each in client.videos.list(limit=5).data]


@pytest.mark.parametrize("model", ["slow/clip", "stuck/clip"])
def test_deleting_an_open_one_cancels_it(client: openai.OpenAI, bench: Workbench, model: str) -> None:
    """Also where the provider can't stop it: the log keeps the run, the client sees it no more."""
    made = client.videos.create(prompt="x", model=model)
    while bench.run(made.id).status is not Status.GENERATING:
        client.videos.list(limit=1)
    assert client.videos.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.videos.retrieve(made.id)
    assert made.id not in [each.id for each in client.videos.list(limit=5).data]
    run = bench.run(made.id)
    assert run.cancel_requested
    assert run.deleted_at is None or run.status is Status.CANCELLED  # one that ended at once is in the bin


def test_models_are_listed_as_the_client_reads_them(client: openai.OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert {"animatic/preview", "works/clip", "other/sora-2"} <= set(names)


def test_a_part_of_the_clip(address: str, client: openai.OpenAI) -> None:
    made = client.videos.create_and_poll(prompt="x", model="works/clip", **QUICK)
    url = f"{address}/v1/videos/{made.id}/content"
    part = httpx.get(url, headers={"Range": "bytes=4-11"}, trust_env=False)
    assert (part.status_code, part.content) == (206, b"ftypisom")


def test_everything_asked_is_in_the_log_as_json(address: str, client: openai.OpenAI) -> None:
    made = client.videos.create(prompt="told twice", model="slow/clip")
    answer = httpx.get(f"{address}/api/runs/{made.id}", trust_env=False).json()
    assert (answer["prompt"], answer["model"]) == ("told twice", "slow/clip")
    assert str(Path.cwd().anchor) + "work" not in json.dumps(answer)
