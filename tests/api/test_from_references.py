"""Look → write → generate through the façade: without keys, and with emulated models behind the real SDKs."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.keys import keys_in
from workbench import settings
from workbench.api import Workbench
from workbench.api.from_references import FromReferences
from workbench.compat import Veo31VideoGenerator
from workbench.domain.brief import BY_MEASURE, Facet
from workbench.domain.errors import (
    BadMedia,
    BudgetExceeded,
    InvalidRequest,
    OutcomeUnknown,
    ProviderNotReady,
    RequestError,
    UnknownModel,
    UnknownWorkflow,
    WorkbenchError,
    WorkflowFailed,
)
from workbench.domain.media import Role
from workbench.domain.run import Status
from workbench.domain.workflow import Progress, Step
from workbench.domain.writing import BY_RULE
from workbench.emulators import faults
from workbench.emulators.faults import Fault
from workbench.emulators.images import ImagesEmulator
from workbench.emulators.interactions import InteractionsEmulator
from workbench.emulators.server import KEY, Emulator
from workbench.emulators.vertex import VertexEmulator

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "data" / "samples"
RING, BOTTLE, LAKE = (SAMPLES / f"{name}.jpg" for name in ("emerald-ring", "amber-bottle", "mountain-lake"))
BOAT = SAMPLES / "sailing-boat.mp4"
EXTRA = "An emerald ring turns slowly on black velvet"
SMALL = {"duration_s": 1, "resolution": "360p"}


def opened(folder: Path, environ: Mapping[str, str] | None = None) -> Workbench:
    return Workbench(settings=settings.load(folder / "log", environ=dict(environ or {})))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    """No key at all."""
    with opened(tmp_path) as found:
        yield found


@pytest.fixture
def emulators() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def asks(bench: Workbench, outcome: str = "answered") -> list[tuple[str, str]]:
    """(purpose, model) of each question that went out to a paid model."""
    rows = bench.store.db.read().execute(
        "SELECT purpose, model FROM asks WHERE outcome = ? AND model <> ? ORDER BY id", [outcome, BY_MEASURE]
    )
    return [tuple(row) for row in rows]


def rows(bench: Workbench, table: str) -> int:
    return int(bench.store.db.read().execute(f"SELECT count(*) FROM {table}").fetchone()[0])


# Without any key


def test_the_whole_way_without_a_key(bench: Workbench) -> None:
    done = bench.generate_from_references(
        [RING, BOTTLE.read_bytes(), Image.open(LAKE)],
        BOAT,
        use_case="gemstone_closeup",
        additional_prompt=EXTRA,
        seed=7,
        **SMALL,
    )
    run = done.run
    assert run and run.status is Status.SUCCEEDED and run.clips[0].path.is_file()
    assert run.request.model == "animatic/preview" and run.request.seed == 7
    assert [i.role for i in run.request.inputs] == [Role.REFERENCE] * 3
    assert done.written and done.written.by == BY_RULE
    assert done.written.prompt == run.request.prompt and EXTRA in run.request.prompt
    assert done.brief and done.brief.texts(Facet.CAMERA_PATH) and len(done.brief.palette) >= 3
    assert run.origin.brief_id and bench.store.briefs.get(run.origin.brief_id) == done.brief
    told = " ".join(done.notes)
    assert "Without a model nobody could say what is shown" in told
    assert "Animatic preview takes no reference clip. Its motion is told in the prompt" in told
    assert {reference.name for reference in bench.shelf()} >= {"emerald-ring.jpg", "sailing-boat.mp4"}
    assert asks(bench) == []


def test_beside_pictures_a_clip_tells_its_motion_only(bench: Workbench) -> None:
    together, alone = bench.look([RING], video=BOAT), bench.look([RING])
    motion = {facet for facet in together.findings if facet.is_motion}
    assert motion and all(together.findings[facet] == alone.findings[facet] for facet in alone.findings)
    assert set(together.findings) - set(alone.findings) <= motion | {Facet.CAMERA}
    assert together.palette == alone.palette
    only = bench.look(video=BOAT)
    assert only.texts(Facet.LIGHT) and only.palette and only.texts(Facet.CAMERA_PATH)


def test_what_was_looked_at_is_not_looked_at_again(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    first = bench.look([RING, BOTTLE])

    def again(*_: object) -> object:
        raise AssertionError("measured twice")

    monkeypatch.setattr("workbench.media.look.measure", again)
    assert bench.look([RING.read_bytes(), BOTTLE]) == first


@pytest.mark.parametrize(
    ("arguments", "kind", "says"),
    [
        ({"reference_images": []}, RequestError, "nothing to look at"),
        ({"reference_images": [RING] * 4}, RequestError, "4 pictures are given"),
        ({"reference_images": RING}, RequestError, "as a list"),
        ({"reference_images": [RING, b"no picture"]}, BadMedia, "picture"),
        ({"reference_images": ["http://127.0.0.1:8080/a.jpg"]}, BadMedia, "private network"),
        ({"reference_images": [RING], "video_reference": RING}, BadMedia, "emerald-ring.jpg"),
        ({"use_case": "wedding"}, RequestError, "There is no use case 'wedding'. Allowed: product_video"),
        ({"model": "animatic/none"}, UnknownModel, "Nothing was sent"),
        ({"model": "vertex/veo-3.1-generate-001"}, ProviderNotReady, "VERTEX_API_KEY"),
        ({"look_by": "openai/gpt-6-luna"}, ProviderNotReady, "OPENAI_API_KEY"),
        ({"write_by": "gemini/gemini-3.8-flash"}, ProviderNotReady, "GEMINI_API_KEY"),
        ({"write_by": "local/measure"}, UnknownModel, "Nothing was sent"),
        ({"look_by": "nobody/knows"}, UnknownModel, "No model called 'nobody/knows'"),
        ({"quality": "ultra"}, InvalidRequest, "Allowed: standard, high."),
        ({"duration_seconds": 600}, InvalidRequest, "Duration can't be 600"),
        ({"aspect_ratio": "5:1"}, InvalidRequest, "Allowed: 16:9"),
        ({"seed": -1}, InvalidRequest, "Seed can't be -1"),
        ({"colour": "red"}, InvalidRequest, "has no setting colour"),
    ],
)
def test_what_can_not_be_sent_is_told_before_anything_is_logged(
    bench: Workbench, arguments: dict[str, Any], kind: type[WorkbenchError], says: str
) -> None:
    with pytest.raises(kind, match=says.replace("(", r"\(")) as caught:
        bench.submit_from_references(**{"reference_images": [RING], **arguments})
    assert str(caught.value).strip()
    assert [rows(bench, table) for table in ("workflows", "asks", "runs")] == [0, 0, 0]


def test_an_unknown_workflow(bench: Workbench) -> None:
    with pytest.raises(UnknownWorkflow, match="no workflow"):
        bench.from_references("01M000000000000000000000")


# With models, emulated, through the real SDKs


def keyed(stack: ExitStack, *made: Emulator) -> dict[str, str]:
    environ: dict[str, str] = {}
    for emulator in made:
        environ |= stack.enter_context(emulator).settings()
    return environ


def test_openai_looks_and_writes_and_veo_makes_the_clip(tmp_path: Path, emulators: ExitStack) -> None:
    eyes, veo = ImagesEmulator(operation_s=0.0), VertexEmulator()
    with opened(tmp_path, keyed(emulators, eyes, veo)) as bench:
        done = bench.generate_from_references(
            [RING, BOTTLE], BOAT, use_case="product_video", quality="standard"
        )
        assert done.run and done.run.request.model == "vertex/veo-3.1-generate-001"
        assert done.brief and done.brief.texts(Facet.SUBJECT)
        assert done.written and done.written.by == "openai/gpt-6-luna"
        looks = [("look", "openai/gpt-6-luna")] * 3
        assert sorted(asks(bench)) == [*looks, ("write", "openai/gpt-6-luna")]
        sent = [body for body in (r.body for r in eyes.book.of(faults.Step.CREATE)) if "input" in body]
        pictures = [
            sum(part["type"] == "input_image" for message in body["input"] for part in message["content"])
            for body in sent
        ]
        assert sorted(pictures[:3]) == [1, 1, 8] and pictures[3] == 0  # the clip goes as frames
        assert all(body["store"] is False for body in sent)
        (made,) = [r.body for r in veo.book.of(faults.Step.CREATE)]
        instance = made["instances"][0]
        assert instance["prompt"] == done.written.prompt and len(instance["referenceImages"]) == 2
        assert made["parameters"]["negativePrompt"] == done.written.negative_prompt
        assert made["parameters"]["resolution"] == "720p"

        again = bench.generate_from_references(
            [RING, BOTTLE], BOAT, use_case="product_video", quality="standard"
        )
        assert again.written == done.written and len(asks(bench)) == 4  # nothing was asked twice
        assert bench.look([RING], anew=True) and len(asks(bench)) == 5
    assert keys_in(tmp_path, KEY) == []


def test_gemini_sees_the_clip_itself_and_omni_gets_a_short_one(tmp_path: Path, emulators: ExitStack) -> None:
    from workbench.emulators import footage

    google = InteractionsEmulator(operation_s=0.1)
    short = tmp_path / "short.mp4"
    short.write_bytes(footage.clip("short", width=320, height=180, seconds=2))
    long = tmp_path / "long.mp4"
    long.write_bytes(footage.clip("long", width=320, height=180, seconds=6))
    with opened(tmp_path, keyed(emulators, google)) as bench:
        done = bench.generate_from_references([RING], short, model="gemini/gemini-omni-1.2-flash")
        assert done.run and done.run.request.inputs_as(Role.REFERENCE_CLIP)
        assert done.brief and done.brief.models == ("gemini/gemini-3.8-flash",)
        late = bench.generate_from_references([RING], long, model="gemini/gemini-omni-1.2-flash")
        assert late.run and not late.run.request.inputs_as(Role.REFERENCE_CLIP)
        assert any("longer than 3 s" in note and "Its motion is told" in note for note in late.notes)


def test_one_question_at_a_time_is_paid_once(tmp_path: Path, emulators: ExitStack) -> None:
    eyes = ImagesEmulator([Fault(faults.Step.CREATE, "slow_headers", value="0.5")], operation_s=0.0)
    with opened(tmp_path, keyed(emulators, eyes)) as bench, ThreadPoolExecutor(6) as pool:
        briefs = list(pool.map(lambda _: bench.look([RING]), range(6)))
        assert len({json.dumps(brief.to_json()) for brief in briefs}) == 1
        assert len(asks(bench)) == 1 and len(eyes.book.of(faults.Step.CREATE)) == 1
        assert not bench.reading._turns  # nothing is kept of a question


def test_a_busy_model_is_asked_again_and_a_lost_answer_waits_for_a_person(
    tmp_path: Path, emulators: ExitStack
) -> None:
    create = faults.Step.CREATE
    eyes = ImagesEmulator(
        [Fault(create, "retry_info", value="0"), Fault(create, "500", after=1)], operation_s=0.0
    )
    with opened(tmp_path, keyed(emulators, eyes)) as bench:
        workflow = bench.submit_from_references([RING], model="animatic/preview", **SMALL)
        with pytest.raises(WorkflowFailed, match=r"nothing was charged.*go on from the step write"):
            bench.wait_from_references(workflow, timeout_s=60)
        state = bench.from_references(workflow)
        assert (state.workflow.step, state.workflow.status) == (Step.WRITE, Progress.FAILED)
        assert (
            state.is_over
            and "emulated: nothing was charged" in state.error
            and state.brief
            and not state.written
        )
        assert (len(asks(bench)), len(asks(bench, "not accepted")), len(asks(bench, "unknown"))) == (1, 1, 1)
        bench.retry_from_references(workflow)
        done = bench.wait_from_references(workflow, timeout_s=60)
        assert done.run and done.run.status is Status.SUCCEEDED
        assert len(asks(bench)) == 2  # the look was not asked for again


@pytest.mark.parametrize(
    ("fault", "says"),
    [("refusal", "declin"), ("401", ""), ("incomplete", "charged"), ("wrong_shape", "charged")],
)
def test_a_model_that_does_not_answer_fails_its_step_in_one_sentence(
    tmp_path: Path, emulators: ExitStack, fault: str, says: str
) -> None:
    eyes = ImagesEmulator([Fault(faults.Step.CREATE, fault)], operation_s=0.0)
    with opened(tmp_path, keyed(emulators, eyes)) as bench:
        with pytest.raises(WorkflowFailed) as caught:
            bench.generate_from_references([RING], model="animatic/preview")
        sentence = str(caught.value)
        assert says in sentence and KEY not in sentence and "\n" not in sentence
        assert caught.value.workflow.step is Step.LOOK and rows(bench, "runs") == 0


PRICE = '[models."openai/gpt-6-luna"]\nusd_per_million_in = "{0}"\nusd_per_million_out = "{0}"\n'


def test_looking_counts_in_the_budget(tmp_path: Path, emulators: ExitStack) -> None:
    environ = keyed(emulators, ImagesEmulator(operation_s=0.0))
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "workbench.toml").write_text(PRICE.format("1000"))
    with opened(tmp_path, {**environ, "WORKBENCH_BUDGET_USD": "20"}) as bench:
        bench.look([RING])
        spent = bench.spending()
        assert 0 < spent < 20_000_000
        bench.look([RING])
        assert bench.spending() == spent  # from the log
    with opened(tmp_path, {**environ, "WORKBENCH_BUDGET_USD": "0.01"}) as bench:
        with pytest.raises(BudgetExceeded, match="Nothing was sent"):
            bench.look([BOTTLE])
        assert bench.look([BOTTLE], model=BY_MEASURE).palette
        unpriced = "openai/gpt-9-unheard-of"
        with pytest.raises(BudgetExceeded, match=r"no price is known for openai/gpt-9.*workbench\.toml"):
            bench.look([BOTTLE], model=unpriced)


def test_models_by_setting(tmp_path: Path, emulators: ExitStack) -> None:
    environ = keyed(emulators, ImagesEmulator(operation_s=0.0), InteractionsEmulator(operation_s=0.0))
    with opened(tmp_path, environ) as bench:
        assert bench.look_by(clip=True) == "gemini/gemini-3.8-flash"  # one that takes clips
        assert bench.write_by() == bench.look_by()
    chosen = {"WORKBENCH_LOOK_MODEL": BY_MEASURE, "WORKBENCH_WRITE_MODEL": "openai/gpt-6.1-terra"}
    with opened(tmp_path, {**environ, **chosen}) as bench:
        assert (bench.look_by(), bench.write_by()) == (BY_MEASURE, "openai/gpt-6.1-terra")
        written = bench.write(bench.look([RING]), model="animatic/preview")
        assert written.by == "openai/gpt-6.1-terra" and written.prompt


def test_rewriting_by_a_model_and_by_rules(tmp_path: Path, emulators: ExitStack) -> None:
    prompt = "a lion walks, no text"
    with opened(tmp_path, keyed(emulators, ImagesEmulator(operation_s=0.0))) as bench:
        model = "vertex/veo-3.1-generate-001"
        for by in (None, BY_RULE):
            better = bench.improve(prompt, "no people", model=model, by=by)
            assert better.prompt and better.prompt != prompt
            variants = bench.vary(prompt, axis="camera", count=3, model=model, by=by)
            assert len({variant.prompt for variant in variants}) == 3
        assert bench.translate("Ein Löwe geht durchs Gras", model=model).prompt
        with pytest.raises(RequestError, match="needs a model that writes"):
            bench.translate("Ein Löwe", model=model, by=BY_RULE)
        with pytest.raises(RequestError, match="Allowed: 1 to 8"):
            bench.vary(prompt, axis="camera", count=9, model=model)
        with pytest.raises(RequestError):
            bench.vary(prompt, axis="taste", count=2, model=model, by=BY_RULE)


def test_a_lost_answer_to_a_single_question_says_what_it_may_have_cost(
    tmp_path: Path, emulators: ExitStack
) -> None:
    eyes = ImagesEmulator([Fault(faults.Step.CREATE, "drop_after")], operation_s=0.0)
    with opened(tmp_path, keyed(emulators, eyes)) as bench:
        with pytest.raises(OutcomeUnknown, match="nothing was charged"):
            bench.look([RING])
        assert asks(bench, "unknown") == [("look", "openai/gpt-6-luna")]
        assert bench.look([RING]).texts(Facet.SUBJECT)


# Resuming

LIFE = """
import os, signal, sys
from pathlib import Path
from workbench import settings
from workbench.api import Workbench
from workbench.store.workflows import Workflows

point = sys.argv[2]
moves = Workflows.move

def move(self, workflow, owner, step, now, **changes):
    if point == f"before {step}":
        os.kill(os.getpid(), signal.SIGKILL)
    moved = moves(self, workflow, owner, step, now, **changes)
    if point == f"after {step}":
        os.kill(os.getpid(), signal.SIGKILL)
    return moved

Workflows.move = move
bench = Workbench(settings=settings.load(Path(sys.argv[1]) / "log"))
workflow = bench.submit_from_references(
    [Path(sys.argv[3])], model="animatic/preview", duration_s=1, resolution="360p", seed=3
)
print(workflow, flush=True)
bench.wait_from_references(workflow, timeout_s=60)
"""


@pytest.mark.parametrize(
    "point", ["before write", "after write", "before generate", "after generate", "before done", "after done"]
)
def test_a_killed_workflow_goes_on_at_its_step_and_makes_one_run(
    tmp_path: Path, emulators: ExitStack, point: str
) -> None:
    eyes = ImagesEmulator(operation_s=0.0)
    environ = keyed(emulators, eyes)
    life = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(LIFE), tmp_path, point, RING],
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert life.returncode == -9, life.stderr
    with opened(tmp_path, environ) as bench:
        (workflow,) = bench.store.workflows.newest()
        done: FromReferences = bench.wait_from_references(workflow.id, timeout_s=60)
        assert done.run and done.run.status is Status.SUCCEEDED and done.run.id == done.workflow.run_id
        assert rows(bench, "runs") == 1
        # Only an answer that came while nobody could write it down is asked for again; here none did.
        assert sorted(asks(bench)) == [("look", "openai/gpt-6-luna"), ("write", "openai/gpt-6-luna")]
        assert len(eyes.book.of(faults.Step.CREATE)) == 2


def test_a_living_process_keeps_its_workflow(bench: Workbench, tmp_path: Path) -> None:
    workflow = bench.submit_from_references([RING], model="animatic/preview", **SMALL)
    with opened(tmp_path) as other:
        assert other.workflows.adopt() == [] or other.from_references(workflow).workflow.step is Step.DONE
    assert bench.wait_from_references(workflow, timeout_s=60).run


# The class of the old documents


def test_the_class_that_older_documents_call(bench: Workbench) -> None:
    generator = Veo31VideoGenerator(bench)
    threads = threading.active_count()  # of the tests before this one, too
    picture = io.BytesIO()
    Image.open(BOTTLE).save(picture, "PNG")
    result = generator.generate_from_references(
        reference_images=[str(RING), picture.getvalue()],
        video_reference=str(BOAT),
        use_case="product_video",
        duration_seconds=2,
        aspect_ratio="16:9",
        quality="standard",
        additional_prompt=EXTRA,
    )
    assert EXTRA in result["step2_prompt"] and result["status"] == "completed" and result["error"] is None
    address = result["step3_video_generation"]["video_url"]
    assert Path(address.removeprefix("file://")).is_file()
    assert generator.check_status(result["task_id"]) == result
    assert threading.active_count() < threads + 40
