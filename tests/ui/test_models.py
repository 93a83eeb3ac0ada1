"""Compose and Settings know of every model what it can do, what it costs, what is missing and ignored."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import OpenLog, OpenPage
from tests.ui.reading import html, labels, links, press, text
from tests.ui.studio import PLAIN, Emulated, Studio
from workbench import settings
from workbench.api import Workbench
from workbench.domain.capabilities import Capabilities
from workbench.domain.media import Role
from workbench.domain.run import Kind, Parenthood, Run
from workbench.providers.base import Missing, Probe
from workbench.settings.schema import File
from workbench.settings.toml import EXAMPLE
from workbench.ui.compose.composition import Composition, remixed, to_draft
from workbench.ui.compose.state import DRAFT

BRIEF = replace(
    PLAIN,
    model="studio/brief",
    label="Brief",
    settings=(replace(PLAIN.settings[0], default=4, values=(4, 6, 8)),),  # type: ignore[call-arg]
)


class WithBrief(Studio):
    def models(self) -> list[Capabilities]:
        return [*super().models(), BRIEF]


def duration(at: AppTest) -> Any:
    return next(group for group in at.button_group if group.label == "Duration")


OpenStudio = Callable[..., Workbench]


@pytest.fixture
def studio(tmp_path: Path, open_log: OpenLog) -> OpenStudio:
    def open_(kind: type[Studio] = Studio, lacks: tuple[Missing, ...] = (), **more: Any) -> Workbench:
        provider = kind(tmp_path / "studio.journal")
        provider.lacks = lacks
        return open_log(providers=[provider], **more)

    return open_


def write(log: Workbench, **fields: Any) -> None:
    draft = to_draft(Composition(**{"model": "studio/full", **fields}))
    log.store.drafts.save(DRAFT, draft, log.clock.now())


def said(at: AppTest) -> str:
    return text(at).replace("\\", "")


def newest(log: Workbench) -> Run:
    return log.runs().page(1).runs[0]


def settle(log: Workbench) -> None:
    log.wait([run.id for run in log.runs()], timeout_s=30, progress_bar=False)


def pick(at: AppTest, label: str) -> Any:
    return next(box for box in at.selectbox if box.label == label)


def test_the_picker_says_what_each_model_is(studio: OpenStudio, open_page: OpenPage) -> None:
    write(studio(lacks=(Missing("STUDIO_KEY", "the key of the studio"),)))
    at = open_page("compose")
    assert pick(at, "Model").options == [
        "studio · Full – preview until 2027-05-04, not set up",
        "studio · Plain – not set up",
        "studio · Unpriced – preview until 2027-05-04, not set up",
        "studio · Still – image, not set up",
    ]
    assert "not set up] set `STUDIO_KEY` (the key of the studio)" in text(at)


def test_a_model_that_is_not_set_up_is_refused_by_the_name_of_its_variable(
    studio: OpenStudio, open_page: OpenPage
) -> None:
    log = studio(lacks=(Missing("STUDIO_KEY", "the key of the studio"),))
    write(log, prompt="a lake")
    at = press(open_page("compose"), "Generate")
    assert "Full is not set up: set STUDIO_KEY" in at.error[0].value.replace("\\", "")
    assert not list(log.runs())


def test_the_cost_has_a_rate_a_source_and_a_date(studio: OpenStudio, open_page: OpenPage) -> None:
    write(studio(), prompt="a lake", takes=2)
    at = open_page("compose")
    assert "2 clips · $6.40 estimated" in said(at)
    assert "$0.40/s – a price list, 2026-11-06" in said(at)


def test_an_unknown_price_is_said_and_refused_under_a_budget(
    tmp_path: Path, studio: OpenStudio, open_page: OpenPage
) -> None:
    write(studio(), prompt="a lake", model="studio/unpriced")
    assert "price unknown" in said(at := open_page("compose"))
    assert "No price is known for this model; `workbench.toml` can hold one" in said(at)
    log = studio(settings=settings.load(tmp_path / "log", {"WORKBENCH_BUDGET_USD": "5"}))
    assert log.settings.budget_usd == Decimal(5)
    at = open_page("compose")
    assert "A budget is set, and no price is known for Unpriced" in at.warning[0].value
    press(at, "Generate")
    assert not list(log.runs())


def test_what_was_chosen_and_would_not_be_followed_is_listed(studio: OpenStudio, open_page: OpenPage) -> None:
    log = studio()
    write(log, prompt="a lake", seed=7, settings={"enhance": True, "aspect_ratio": "9:16"})
    assert "The seed gives no clip again while prompts are enhanced." in said(open_page("compose"))
    write(log, prompt="a lake", settings={"enhance": True})
    assert "Would be ignored" not in said(open_page("compose")), "no seed was chosen"
    write(
        log,
        prompt="a lake",
        model="studio/plain",
        seed=7,
        settings={"aspect_ratio": "9:16", "enhance": False},
    )
    ignored = said(open_page("compose"))
    assert "Plain has no setting “Aspect ratio”; 9:16 is not sent." in ignored
    assert "Plain has no seed; 7 is kept for other models." in ignored
    assert "enhancement" not in ignored.lower().split("would be ignored")[1], "it stands at its default"


def test_a_negative_prompt_is_kept_told_and_folded_only_on_request(
    studio: OpenStudio, open_page: OpenPage
) -> None:
    log = studio()
    write(log, prompt="a lake", negative_prompt="boats", model="studio/plain")
    at = open_page("compose")
    box = next(c for c in at.checkbox if c.label == "Put it into the prompt")
    assert not box.value
    assert "Will be sent" not in said(at)
    box.check().run()
    assert "Will be sent:** a lake Avoid: boats" in said(at)
    press(at, "Generate")
    run = newest(log)
    assert (run.request.prompt, run.request.negative_prompt) == ("a lake\n\nAvoid: boats", "")
    assert run.adjustments == ("The negative prompt was folded into the prompt: boats",)
    draft = log.store.drafts.load(DRAFT)
    assert (draft["prompt"], draft["negative_prompt"]) == ("a lake", "boats"), "what is written stays"
    settle(log)
    at = open_page("compose")
    assert "You already have this clip" in said(at), "of the folded request, too"
    press(at, "Another take")
    again = newest(log)
    assert (again.id != run.id, again.request.prompt) == (True, "a lake\n\nAvoid: boats")
    assert again.adjustments == run.adjustments, "another take says so, too"
    assert again.request.arm_hash == run.request.arm_hash
    remix = remixed(run)
    assert (remix.prompt, remix.negative_prompt, remix.fold_negative_prompt) == ("a lake", "boats", True)


def test_a_default_that_nobody_touched_gives_way_to_the_next_models(
    studio: OpenStudio, open_page: OpenPage
) -> None:
    log = studio(WithBrief)
    write(log, prompt="a lake", model="studio/brief")
    at = open_page("compose")
    assert duration(at).value == 4
    pick(at, "Model").select("studio/full").run()
    assert duration(at).value == 8, "its own default"
    duration(at).select(4).run()
    pick(at, "Model").select("studio/plain").run()
    assert duration(at).value == 4, "chosen, so it stays"
    assert log.store.drafts.load(DRAFT)["settings"] == {"duration_s": 4}


def test_a_choice_that_the_next_model_cant_follow_waits_for_one_that_can(
    studio: OpenStudio, open_page: OpenPage
) -> None:
    log = studio(WithBrief)
    write(log, prompt="a lake", model="studio/full", settings={"duration_s": 6})
    at = open_page("compose")
    assert duration(at).value == 8
    assert "Duration can't be 6 s here; 8 s was set." in said(at)
    pick(at, "Model").select("studio/brief").run()
    assert duration(at).value == 6
    assert "Would be ignored" not in said(at)


def test_the_days_spending_stands_beside_the_price(
    tmp_path: Path, studio: OpenStudio, open_page: OpenPage
) -> None:
    log = studio(settings=settings.load(tmp_path / "log", {"WORKBENCH_BUDGET_USD": "5"}))
    write(log, prompt="a lake")
    press(open_page("compose"), "Generate")
    assert "Today $3.20 of $5.00 are spent or reserved." in said(open_page("compose"))
    assert "$3.20 of $5.00 are spent or reserved** today" in said(open_page("settings"))


def test_without_the_fold_a_model_is_not_told_of_the_negative_prompt(
    studio: OpenStudio, open_page: OpenPage
) -> None:
    log = studio()
    write(log, prompt="a lake", negative_prompt="boats", model="studio/plain")
    press(open_page("compose"), "Generate")
    assert (newest(log).request.prompt, newest(log).request.negative_prompt) == ("a lake", "")


def test_a_still_is_made_first_and_becomes_the_first_frame(studio: OpenStudio, open_page: OpenPage) -> None:
    log = studio()
    write(log, prompt="a lake at dawn, slow dolly in", settings={"aspect_ratio": "9:16"})
    at = open_page("compose")
    area = next(area for area in at.text_area if area.label == "Prompt of the still")
    assert area.value == "a lake at dawn, slow dolly in"
    area.input("a lake at dawn").run()
    assert "1 picture · $0.04" in said(at)
    press(at, "Make the still")
    still = newest(log)
    assert (still.kind, still.request.model, still.request.prompt) == (
        Kind.IMAGE,
        "studio/still",
        "a lake at dawn",
    )
    assert still.request.settings["aspect_ratio"] == "9:16", "the shape of the clip it is for"
    settle(log)
    at.run()
    shown = html(at)
    assert 'alt="Newest still"' in shown
    assert "<video" not in shown
    assert {"Use as first frame", "Use as reference image"} <= set(labels(at))
    assert "Extend" not in labels(at)
    press(at, "Use as first frame")
    press(at, "Generate")
    clip, made = newest(log), log.run(still.id).clip
    assert made
    assert [i.media.sha256 for i in clip.request.inputs_as(Role.FIRST_FRAME)] == [made.media.sha256]
    assert (clip.origin.parent_id, clip.origin.parenthood) == (still.id, Parenthood.STILL)
    assert clip.request.prompt == "a lake at dawn, slow dolly in", "the clip's own words stayed"


def test_a_still_shows_as_a_picture_everywhere(studio: OpenStudio, open_page: OpenPage) -> None:
    log = studio()
    still = log.generate("a lake", model="studio/still", timeout_s=30)
    assert still.clip
    pages = {"runs": open_page("runs"), "run": open_page("run", id=still.id)}
    assert 'alt="Still: a lake"' in html(pages["runs"])
    assert f"/api/media/{still.clip.media.sha256}.png" in html(pages["run"])
    for at in pages.values():
        assert "<video" not in html(at)
        assert "Play" not in labels(at)
    at = open_page("run", id=still.id)
    assert links(at, "Start a clip from it") == [{"page": "compose", "still": still.id}]
    write(log, prompt="a boat comes")
    at = open_page("compose", still=still.id)
    assert "Remove first frame" in labels(at)
    assert "a boat comes" in str(log.store.drafts.load(DRAFT))


def test_without_an_image_model_the_popover_names_the_variable(
    studio: OpenStudio, open_page: OpenPage
) -> None:
    write(studio(lacks=(Missing("STUDIO_KEY", "the key of the studio"),)))
    at = open_page("compose")
    assert "No image model is set up yet." in text(at)
    assert "Set `STUDIO_KEY`: the key of the studio." in text(at)


def test_an_emulator_is_named_before_and_after(studio: OpenStudio, open_page: OpenPage) -> None:
    log = studio(Emulated)
    write(log, prompt="a lake")
    at = open_page("compose")
    assert "This endpoint is an emulator" in said(at)
    assert "1 clip · $3.20 estimated, nothing is charged: emulated" in said(at)
    run = log.generate("a lake", model="studio/full", timeout_s=30)
    page = open_page("run", id=run.id)
    assert "emulated – nothing was charged" in text(page)
    assert "an emulator made it, so nothing was charged" in said(page)
    runs = open_page("runs")
    assert "violet-badge[emulated]" in text(runs)
    assert "nothing was charged" in html(runs)
    assert "emulated · nothing was charged" in html(open_page("compare", a=run.id, b=run.id))
    table = open_page("runs", view="table")
    assert "emulated" in table.dataframe[0].value["status"][0]


def test_settings_ask_and_show_what_each_model_costs(studio: OpenStudio, open_page: OpenPage) -> None:
    studio()
    at = open_page("settings")
    assert "`studio/full` :gray-badge[video] :blue-badge[preview] 2027-05-04, then `studio/plain`" in text(at)
    assert "$0.40/s – a price list, 2026-11-06 – with sound" in html(at)
    assert "no rate is known; set one in workbench.toml" in html(at)
    assert "followed closely for 15 min" in html(at)
    press(at, "Ask them now")
    assert ":green-badge[✓ it answers] 3 models are listed" in text(at)


def test_a_bad_answer_says_what_to_do(
    studio: OpenStudio, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Studio, "probed", Probe(False, "401: the key is not valid", "Set STUDIO_KEY anew."))
    studio()
    at = press(open_page("settings"), "Ask them now")
    assert ":red-badge[✕ look here] 401: the key is not valid. Set STUDIO" in said(at)


def test_the_example_of_page_and_readme_is_one_and_works(tmp_path: Path, root: Path) -> None:
    example = EXAMPLE.read_text()
    readme, _, _ = example.partition('\n[models."vertex/')
    assert readme in (root / "README.md").read_text()
    (tmp_path / "workbench.toml").write_text(example)
    found = settings.load(tmp_path, {}).written
    assert [(e.name, e.wire, e.a_minute, e.at_once) for e in found.endpoints] == [
        ("gpu", "openai-videos", 20, 4)
    ]
    assert str(found.models["gpu/Wan-AI/Wan2.2-T2V-A14B"].price).startswith("$0.02/s – our electricity bill")
    assert set(tomllib.loads(example)) == set(File.model_fields), "every table has its example"


def test_every_table_of_workbench_toml_is_shown(
    tmp_path: Path, studio: OpenStudio, open_page: OpenPage
) -> None:
    (tmp_path / "log").mkdir(exist_ok=True)
    (tmp_path / "log" / "workbench.toml").write_text(EXAMPLE.read_text())
    studio(settings=settings.load(tmp_path / "log", {}))
    at = open_page("settings")
    for label, told in (
        ("Endpoint gpu", "openai-videos · http://10.0.0.5:8091/v1"),
        ("Use cases", "watch_film"),
        ("Lists", "weather"),
        ("Rated by", "motion, seams"),
        ("Rubrics of judges", "product"),
        ("Retention", "unseen_clips_after_days, failed_and_deleted_after_days, cache_gb"),
    ):
        assert f'<dt>{label}</dt><dd dir="auto">{told}' in html(at)
    assert at.code[-1].value == EXAMPLE.read_text().strip()


def test_workbench_toml_is_shown_without_its_key(
    tmp_path: Path, studio: OpenStudio, open_page: OpenPage
) -> None:
    (tmp_path / "log").mkdir(exist_ok=True)
    (tmp_path / "log" / "workbench.toml").write_text(
        '[endpoints.gpu]\nwire = "openai-videos"\nbase_url = "http://10.0.0.5:8091/v1"\nkey_env = "GPU_KEY"\n'
        '[models."studio/unpriced"]\nusd_per_second = "0.02"\nread_on = 2026-11-01\n'
    )
    environment = {"GPU_KEY": "sk-do-not-show-this"}
    studio(settings=settings.load(tmp_path / "log", environment))
    at = open_page("settings")
    shown = html(at)
    assert "<dt>Endpoint gpu</dt>" in shown
    assert "openai-videos · http://10.0.0.5:8091/v1 · key in GPU_KEY (set)" in shown
    assert "$0.02/s – workbench.toml, 2026-11-01" in shown
    assert "sk-do-not-show-this" not in shown + text(at)
    write(studio(settings=settings.load(tmp_path / "log", environment)), prompt="a", model="studio/unpriced")
    assert "1 clip · $0.16 estimated" in said(open_page("compose"))
