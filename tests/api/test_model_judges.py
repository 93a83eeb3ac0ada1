"""Models as judges, through the real SDKs on emulators: what is sent, what it costs, what is told."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workbench import settings
from workbench.api import Workbench
from workbench.api.model_judges import model_judged_record
from workbench.api.ranking import RankedArms
from workbench.api.reading import tokens_of_clip
from workbench.api.viewing import Clips, Task
from workbench.api.viewing import opened as opened_files
from workbench.domain.errors import BudgetExceeded, ProviderNotReady, RequestError, UnknownModel
from workbench.domain.judge import GENERAL, ModelJudge
from workbench.domain.review import ReviewPlan
from workbench.emulators.faults import Fault, FaultPlan, Step
from workbench.emulators.images import ImagesEmulator
from workbench.emulators.interactions import InteractionsEmulator
from workbench.emulators.server import Emulator
from workbench.prompting.judging import LEFT, RIGHT
from workbench.settings import Settings

ROOT = Path(__file__).parents[2]
PLAN = {"duration_s": 1, "resolution": "360p", "generate_audio": False}
PROMPTS = ("a lake at dawn, slow pan left", "a desert at night, static shot")
NAME, QUESTION = "Lake or desert", "Which one would you show a client?"
EMULATORS: dict[str, type[Emulator]] = {"openai": ImagesEmulator, "gemini": InteractionsEmulator}
MODELS = {"openai": "openai/gpt-6-luna", "gemini": "gemini/gemini-3.8-flash"}
PAIRS = 4
Open = Callable[..., Workbench]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two clips of each of two prompts; Ana judged the four pairs, Bo one of them."""
    folder = tmp_path_factory.mktemp("judged")
    with Workbench(settings=Settings(folder)) as bench:
        asked = [bench.request(prompt, seed=seed, **PLAN) for seed in range(2) for prompt in PROMPTS]
        runs = bench.wait(bench.submit_many(asked), progress_bar=False)
        plan = ReviewPlan(QUESTION, overlap=1, repeats=0)
        review = bench.review(NAME, runs, plan=plan)
        while pairs := bench.asked(review.id, "Ana").pairs:
            bench.vote(pairs[0].id, "Ana", "left")
        bench.vote(bench.asked(review.id, "Bo").pairs[0].id, "Bo", "right")
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "log"))


@pytest.fixture(params=["openai", "gemini"])
def wire(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def emulator(wire: str) -> Iterator[Emulator]:
    with EMULATORS[wire](operation_s=0.0) as emulator:
        yield emulator


@pytest.fixture
def opened(folder: Path, emulator: Emulator) -> Iterator[Open]:
    benches: list[Workbench] = []

    def open_(**environ: str) -> Workbench:
        found = settings.load(folder, environ=emulator.settings() | environ)
        benches.append(Workbench(settings=found))
        return benches[-1]

    yield open_
    for bench in benches:
        bench.close()


def people(bench: Workbench) -> RankedArms:
    found = bench.rank(review=bench.find_review(NAME).id)
    assert found
    return found


def bodies(emulator: Emulator) -> list[Any]:
    return [request.body for request in emulator.book.of(Step.CREATE)]


def contents(body: Any) -> list[tuple[str, bytes]]:
    """Of a question, on either wire: each file after the words that call it."""
    parts = body["input"][0]["content"] if "input" in body else body["contents"][0]["parts"]
    found, label = [], ""
    for part in parts:
        if data := part.get("image_url") or (part.get("inlineData") or {}).get("data"):
            plain = data.rpartition(",")[2].translate(str.maketrans("-_", "+/"))
            found.append((label, base64.b64decode(plain)))
        label = str(part.get("text", "")).removesuffix(":")
    return found


def asks(bench: Workbench) -> list[Mapping[str, Any]]:
    return [dict(row) for row in bench.store.db.read().execute("SELECT * FROM asks ORDER BY id")]


def test_every_pair_both_ways_round_and_never_twice(wire: str, emulator: Emulator, opened: Open) -> None:
    bench = opened()
    before = people(bench)
    judge = bench.model_judge(wire)
    assert judge.name == f"model:{MODELS[wire]}@general"
    judging = bench.judging(before, judge)
    assert (len(judging.pairs), len(judging.asked), judging.questions) == (PAIRS, PAIRS, 2 * PAIRS)
    assert judging.estimate.micros and judging.estimate.is_emulated
    assert not bodies(emulator), "a price is told before anything leaves"
    heard: list[int] = []
    sent = bench.judge(judging, heard.append)
    assert (sent.answers, sent.failures, sorted(heard)) == (2 * PAIRS, (), list(range(1, 2 * PAIRS + 1)))
    assert sent.cost_micros and sent.cost_micros <= judging.estimate.micros
    assert len(bodies(emulator)) == 2 * PAIRS
    sides = [
        tuple(b"".join(c for label, c in contents(body) if label.startswith(side)) for side in (LEFT, RIGHT))
        for body in bodies(emulator)
    ]
    assert all(one and other for one, other in sides)
    assert len(set(sides)) == 2 * PAIRS and {(b, a) for a, b in sides} == set(sides)
    assert bench.judge(bench.judging(before, judge)).answers == 0
    assert len(bodies(emulator)) == 2 * PAIRS
    rows = asks(bench)
    assert {(row["purpose"], row["model"], row["outcome"]) for row in rows} == {
        ("judge", MODELS[wire], "answered")
    }
    assert all(row["tokens_in"] and row["tokens_out"] and row["estimate_micros"] for row in rows)
    assert people(bench).ranking.standings == before.ranking.standings, "people's ranking never hears of it"


def test_an_emulator_s_word_is_not_the_model_s(wire: str, emulator: Emulator, opened: Open) -> None:
    bench = opened()
    judge = bench.model_judge(wire)
    bench.judge(bench.judging(people(bench), judge))
    assert model_judged_record(bench.judged_by_model(people(bench), judge))["emulated"] is True
    emulator.key = "the-key-of-a-service"  # from here on it plays the service itself
    name = next(name for name in emulator.settings() if name.endswith("API_KEY"))
    for_real = opened(**{name: emulator.key})
    assert for_real.model_judges(people(for_real)) == []
    judging = for_real.judging(people(for_real), judge)
    assert (judging.questions, judging.estimate.is_emulated) == (2 * PAIRS, False)
    for_real.judge(judging)
    found = for_real.judged_by_model(people(for_real), judge)
    assert (found.is_emulated, len(found.verdicts)) == (False, PAIRS)


def test_what_leaves_tells_nothing_of_the_arms(wire: str, emulator: Emulator, opened: Open) -> None:
    bench = opened()
    found = people(bench)
    bench.judge(bench.judging(found, bench.model_judge(wire)))
    runs = [run for arm in found.arms for run in arm.runs]
    telling = {NAME, "Ana", "Bo", "animatic", "360p", *PROMPTS}
    telling |= {word for run in runs for word in (run.id, run.id[-6:], run.clips[0].media.sha256)}
    telling |= {"lake", "dawn", "pan", "desert", "night", "static"}
    assert bodies(emulator)
    for received in emulator.book.of(Step.CREATE):
        words = json.dumps(received.body)
        for _, content in contents(received.body):
            spelled = base64.b64encode(content).decode()
            words = words.replace(spelled, "").replace(spelled.translate(str.maketrans("+/", "-_")), "")
            assert not [one for one in telling if len(one) > 5 and one.encode() in content]
        assert len(words) < 10_000, "only words are left"
        assert QUESTION in words
        assert not [one for one in telling if re.search(rf"\b{re.escape(one)}\b", words)], words
    for run in runs:
        original = bench.path(run.clips[0].media).read_bytes()
        assert not [b for b in bodies(emulator) if any(c == original for _, c in contents(b))]


def test_clips_themselves_or_frames_at_the_same_times(wire: str, emulator: Emulator, opened: Open) -> None:
    bench = opened()
    bench.judge(bench.judging(people(bench), bench.model_judge(wire), most=1))
    for body in bodies(emulator):
        shown = contents(body)
        labels = [label for label, _ in shown]
        if wire == "gemini":
            assert labels == [LEFT, RIGHT]
            assert all(content[4:8] == b"ftyp" for _, content in shown)
            continue
        times = [label.removeprefix(f"{LEFT} at ") for label in labels if label.startswith(LEFT)]
        assert len(times) == 8 and times[0] == "0.0 s"
        assert labels == [f"{side} at {time}" for side in (LEFT, RIGHT) for time in times]
        assert all(content.startswith(b"\xff\xd8") and b"Exif" not in content for _, content in shown)


def test_agreement_is_of_the_answers_in_the_log(wire: str, opened: Open) -> None:
    bench = opened()
    found = people(bench)
    judge = bench.model_judge(wire)
    none = bench.judged_by_model(found, judge)
    assert (none.unjudged, len(none.votes), none.agreement.rate) == (PAIRS, 0, None)
    assert not bench.model_judges(found)
    bench.judge(bench.judging(found, judge, most=2))
    half = bench.judged_by_model(found, judge)
    assert (half.unjudged, len(half.votes), half.orders.same.of) == (PAIRS - 2, 2, 2)
    bench.judge(bench.judging(found, judge))
    whole = bench.judged_by_model(found, judge)
    assert (whole.unjudged, len(whole.votes)) == (0, PAIRS)
    assert bench.model_judges(found) == [judge]
    told = [str(one.choice) for both in whole.verdicts for one in both]
    logged = [json.loads(row["answer_json"])["verdict"] for row in asks(bench)]
    assert sorted(told) == sorted(logged)
    names = {criterion.name for criterion in GENERAL.criteria}
    assert all(set(one.reasons) == names for both in whole.verdicts for one in both)
    as_json = json.loads(json.dumps(model_judged_record(whole)))
    for pair in as_json["verdicts"]:
        one, other = (answer["choice"] for answer in pair["answers"])
        turned = {"left": "right", "right": "left"}.get(other, other)
        assert pair["outcome"] == (one if one == turned else "tie")
    assert as_json["orders"]["same"]["of"] == PAIRS == len(as_json["verdicts"])
    assert as_json["sentence"].startswith(MODELS[wire])


def test_a_rubric_of_ones_own_is_another_judge(
    wire: str, folder: Path, emulator: Emulator, opened: Open
) -> None:
    (folder / "workbench.toml").write_text(
        '[judges.product]\nguide = "Mind the strap."\ncriteria = { shape = "Does it keep its shape?" }\n'
    )
    bench = opened()
    found = people(bench)
    general, product = bench.model_judge(wire), bench.model_judge(MODELS[wire], "product")
    for judge in (general, product):
        bench.judge(bench.judging(found, judge, most=1))
    assert len(bodies(emulator)) == 4
    assert "Mind the strap." in json.dumps(bodies(emulator)[-1])
    assert "Does it keep its shape?" in json.dumps(bodies(emulator)[-1])
    assert set(bench.judged_by_model(found, product).verdicts[0][0].reasons) == {"shape"}
    assert bench.model_judges(found) == [general, product]
    other = replace(product, rubric=replace(product.rubric, guide="Mind the dial."))
    assert bench.judging(found, other, most=1).questions == 2
    with pytest.raises(RequestError, match=r"no rubric 'x'. Allowed: general, product"):
        bench.model_judge(wire, "x")


def test_a_budget_that_is_too_small_sends_nothing(wire: str, emulator: Emulator, opened: Open) -> None:
    bench = opened(WORKBENCH_BUDGET_USD="0.05")
    found, judge = people(bench), bench.model_judge(wire)
    whole, one = bench.judging(found, judge), bench.judging(found, judge, most=1)
    assert whole.estimate.micros and one.estimate.micros
    tight = str((whole.estimate.micros + one.estimate.micros) / 2 / 1e6)
    bench = opened(WORKBENCH_BUDGET_USD=tight)
    with pytest.raises(BudgetExceeded, match="Nothing was sent"):
        bench.judge(whole)
    assert not bodies(emulator) and not asks(bench)
    assert bench.judge(one).answers == 2
    assert 0 < bench.spending() < one.estimate.micros


@pytest.mark.parametrize(
    ("fault", "told", "came"),
    [
        (Fault(Step.CREATE, "wrong_shape"), "another form", 7),
        (Fault(Step.CREATE, "incomplete"), "limit of 8,000 tokens", 7),
        (Fault(Step.CREATE, "blocked"), "declined", 7),
        (Fault(Step.CREATE, "drop_after"), "gave no answer", 7),
        (Fault(Step.CREATE, "401", times=99), "more were not asked", 0),
        (Fault(Step.CREATE, "503", times=99), "more were not asked", 0),
    ],
)
def test_what_goes_wrong_is_a_sentence_and_the_rest_goes_on(
    wire: str, emulator: Emulator, opened: Open, fault: Fault, told: str, came: int
) -> None:
    emulator.faults.add(fault)
    bench = opened()
    found, judge = people(bench), bench.model_judge(wire)
    sent = bench.judge(bench.judging(found, judge))
    assert sent.answers == came
    assert any(told in one for one in sent.failures), sent.failures
    assert all("emulated-" not in one and "\n" not in one for one in sent.failures)
    if came:
        (failure,) = sent.failures
        assert re.match(r"Runs \w{6} and \w{6}: ", failure)
        assert bench.judged_by_model(found, judge).unjudged == 1
        assert bench.judge(bench.judging(found, judge)).answers == 1
    else:
        assert len(bodies(emulator)) < 2 * PAIRS, "where all would fail it stops"


def test_a_busy_service_is_asked_again(wire: str, emulator: Emulator, opened: Open) -> None:
    emulator.faults.add(Fault(Step.CREATE, "retry_info", times=2, value="0.1"))
    bench = opened()
    sent = bench.judge(bench.judging(people(bench), bench.model_judge(wire)))
    assert (sent.answers, sent.failures) == (2 * PAIRS, ())


def test_what_can_t_be_asked(opened: Open, wire: str, folder: Path) -> None:
    bench = opened()
    found = people(bench)
    with pytest.raises(UnknownModel, match="looks or writes"):
        bench.model_judge("nobody/x")
    with pytest.raises(RequestError, match="give 1 or more"):
        bench.judging(found, bench.model_judge(wire), most=0)
    with pytest.raises(RequestError, match="Choose one"):
        bench.judging(replace(found, reviews=found.reviews * 2), bench.model_judge(wire))
    with (
        Workbench(settings=settings.load(folder, environ={})) as bare,
        pytest.raises(ProviderNotReady, match="Nothing was sent"),
    ):
        bare.judge(bare.judging(found, bare.model_judge(wire)))


def test_a_prompt_that_all_clips_share_is_the_brief(emulator: Emulator, opened: Open, wire: str) -> None:
    bench = opened()
    frame, lengths = ROOT / "data" / "samples" / "emerald-ring.jpg", (1, 2)
    asked = [
        bench.request(PROMPTS[0], seed=9, first_frame=frame, **{**PLAN, "duration_s": s}) for s in lengths
    ]
    runs = bench.wait(bench.submit_many(asked), progress_bar=False)
    review = bench.review("Longer?", runs, plan=ReviewPlan(overlap=0, repeats=0))
    bench.vote(bench.asked(review.id, "Ana").pairs[0].id, "Ana", "left")
    found = bench.rank(review=review.id)
    assert found
    assert bench.judge(bench.judging(found, bench.model_judge(wire))).answers == 2
    for body in bodies(emulator):
        assert PROMPTS[0] in json.dumps(body)
        label, picture = contents(body)[0]
        assert (label, picture[:3]) == ("what was given, 1", b"\xff\xd8\xff")


def test_no_file_that_leaves_is_named_after_its_clip(folder: Path, tmp_path: Path) -> None:
    with Workbench(settings=Settings(folder)) as bench:
        one, other = (run.clips[0].media for arm in people(bench).arms for run in arm.runs[:1])
        task = Task.of(ModelJudge("gemini/x", GENERAL), QUESTION, "", [], sees_clips=True)
        viewings = task.viewings(one, other)
        asked = opened_files(viewings, tmp_path, Clips(bench.files, tmp_path / "blind"))
    names = [[shown.path.name for shown in question.shown] for question in asked]
    assert names == [["1.mp4", "2.mp4"], ["2.mp4", "1.mp4"]]
    assert not (tmp_path / "1.mp4").is_symlink()


JUDGE = """
import sys
from workbench import settings
from workbench.api import Workbench
with Workbench(settings=settings.load(sys.argv[1])) as bench:
    people = bench.rank(review=bench.find_review(sys.argv[2]).id)
    bench.judge(bench.judging(people, bench.model_judge(sys.argv[3])))
"""


@pytest.mark.parametrize("wire", ["openai"], indirect=True)
def test_killed_on_the_way_it_pays_for_nothing_twice(
    wire: str, folder: Path, emulator: Emulator, opened: Open
) -> None:
    emulator.faults.add(Fault(Step.CREATE, "slow_headers", times=99, after=3, value="600"))
    life = subprocess.Popen(
        [sys.executable, "-c", JUDGE, str(folder), NAME, wire],
        cwd=ROOT,
        env={**os.environ, **emulator.settings()},
    )
    bench = opened()
    try:
        while sum(row["outcome"] == "answered" for row in asks(bench)) < 3 or len(bodies(emulator)) < 4:
            assert life.poll() is None
            threading.Event().wait(0.05)
    finally:
        life.send_signal(signal.SIGKILL)
        life.wait()
    emulator.faults = FaultPlan()
    paid = [row["question_hash"] for row in asks(bench) if row["outcome"] == "answered"]
    on_the_way = [row["question_hash"] for row in asks(bench) if not row["outcome"]]
    assert len(paid) == 3 and on_the_way
    found, judge = people(bench), bench.model_judge(wire)
    judging = bench.judging(found, judge)
    assert judging.questions == 2 * PAIRS - 3
    sent = bench.judge(judging)
    assert len(sent.failures) == len(on_the_way)
    assert all("ended before an answer could be logged" in one for one in sent.failures), sent.failures
    again = bench.judge(bench.judging(found, judge))
    assert (again.answers, again.failures) == (len(on_the_way), ())
    hashes = [row["question_hash"] for row in asks(bench)]
    assert all(hashes.count(one) == 1 for one in paid)
    assert bench.judged_by_model(found, judge).unjudged == 0


@pytest.mark.parametrize(
    ("size_bytes", "duration_s", "tokens"),
    [(2_800_000, 8.0, 8_400), (100_000, 8.0, 2_400), (100_000, 7.2, 2_400), (0, 0.0, 0)],
)
def test_a_small_file_costs_its_seconds(size_bytes: int, duration_s: float, tokens: int) -> None:
    assert tokens_of_clip(size_bytes, duration_s) == tokens
