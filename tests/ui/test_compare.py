"""The Compare page: what the link names plays together; what differs is shown; notes and ratings are kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import OpenLog, OpenPage
from tests.ui.reading import html, labels, links, make, players, press, query, said_in_address, text
from workbench.api import LoggedRun, Workbench
from workbench.domain.run import Origin, Parenthood
from workbench.providers.fake import Script

NOR = "of what the link names can’t be shown either."
Pair = tuple[LoggedRun, LoggedRun]


@pytest.fixture
def pair(log: Workbench) -> Pair:
    return (
        make(log, "A fox crosses the ice", seed=1),
        make(log, "A fox crosses the river", negative_prompt="text", seed=2, duration_s=8),
    )


def link(*runs: LoggedRun | str) -> str:
    return "~".join(run if isinstance(run, str) else run.id for run in runs)


def many(log: Workbench, count: int) -> list[LoggedRun]:
    return [make(log, "A fox", seed=n) for n in range(count)]


def shown(at: AppTest) -> list[str]:
    """The files in the player, in order."""
    (player,) = players(at)
    return [clip["url"].split("/")[-1].partition(".")[0] for clip in player["clips"]]


def files(*runs: LoggedRun) -> list[str]:
    return [run.clips[0].media.sha256 for run in runs]


# What the link says


@pytest.mark.parametrize("form", ["clips", "commas", "before"])
def test_the_link_opens_the_comparison(form: str, pair: Pair, open_page: OpenPage) -> None:
    a, b = pair
    if form == "before":
        at = open_page("compare", a=a.id, b=b.id)
    else:
        at = open_page("compare", clips=link(a, b).replace("~", "," if form == "commas" else "~"))
    assert shown(at) == files(a, b)
    (player,) = players(at)
    media = a.clips[0].media
    assert player["clips"][0] == {
        "url": f"/api/media/{media.sha256}.mp4",
        "poster": f"/api/media/{a.clips[0].poster.sha256}.{a.clips[0].poster.extension}",  # type: ignore[union-attr]
        "label": "A fox crosses the ice",
        "fps": media.fps,
        "duration_s": media.duration_s,
        "width": media.width,
        "height": media.height,
        "has_audio": False,
    }
    assert player["clips"][1]["label"] == "ice → river · negative + text · duration 8 s · seed 2"
    assert [found["id"] for found in links(at, "Details")] == [a.id, b.id]
    assert [found["from"] for found in links(at, "Remix")] == [a.id, b.id]


def test_the_link_says_how_the_player_stands(pair: Pair, open_page: OpenPage) -> None:
    at = open_page("compare", clips=link(*pair), player="wipe~t0.25~o0_0.125")
    assert players(at)[0]["state"] == "wipe~t0.25~o0_0.125"
    assert said_in_address(at, "player") == "wipe~t0.25~o0_0.125"
    assert "At 0:00.250 of clip 1" in text(at)
    odd = open_page("compare", clips=link(*pair), player="dream~t-9e99~<script>")
    assert players(odd)[0]["state"] == ""
    assert said_in_address(odd, "player") == ""


def test_many_clips_begin_as_a_grid(log: Workbench, open_page: OpenPage) -> None:
    runs = many(log, 5)
    assert players(open_page("compare", clips=link(*runs[:3])))[0]["state"] == ""
    at = open_page("compare", clips=link(*runs[:4]))
    assert (players(at)[0]["state"], said_in_address(at, "player")) == ("grid", "grid")
    at = open_page("compare", clips=link(*runs), player="side")
    assert (players(at)[0]["state"], said_in_address(at, "player")) == ("", "side")
    at.button(key="compare.drop.5").click().run()
    assert (players(at)[0]["state"], query(at)["player"]) == ("", ["side"])


def test_six_clips_play_together_and_a_seventh_is_told(log: Workbench, open_page: OpenPage) -> None:
    runs = many(log, 7)
    at = open_page("compare", clips=link(*runs))
    assert shown(at) == files(*runs[:6])
    assert at.warning[0].value == "The link names 7 clips; 6 can be compared, the first are shown."
    assert next(button for button in at.button if button.label == "Add a clip").disabled


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("01HNOSUCHRUN", "The log holds no run 01HNOSUCHRUN."),
        ("x~y~z", f"The log holds no run x; 2 more {NOR}"),
        ("z" * 5_000, f"The log holds no run {'z' * 40}…."),
        ("~".join("q" * 300), f"The log holds no run q; 199 more {NOR}"),
        ("<img src=x>.1", "The log holds no run \\<img src=x\\>."),
        ("%00’; DROP TABLE runs", "The log holds no run %00’; DROP TABLE runs."),
    ],
)
def test_a_hostile_link_gives_one_sentence(named: str, said: str, pair: Pair, open_page: OpenPage) -> None:
    at = open_page("compare", clips=named)
    assert [warning.value for warning in at.warning] == [said]
    assert players(at) == []
    assert "Choose two to six clips" in text(at)
    beside = open_page("compare", clips=f"{link(*pair)}~{named}")
    assert len(beside.warning) == 1
    assert shown(beside) == files(*pair)


def test_what_has_no_clip_is_told(open_log: OpenLog, open_page: OpenPage) -> None:
    log = open_log(Script(outcome="failed"))
    failed = make(log, "A fox")
    at = open_page("compare", clips=failed.id)
    assert at.warning[0].value == f"Run {failed.id} is failed and has no clip."


def test_a_second_clip_has_an_address(open_log: OpenLog, open_page: OpenPage) -> None:
    log = open_log(Script(clips=2))
    run = make(log, "A fox", samples=2)
    at = open_page("compare", clips=link(run, f"{run.id}.2"))
    assert shown(at) == [clip.media.sha256 for clip in run.clips]
    assert players(at)[0]["clips"][1]["label"] == "clip 2 of the same run"
    same = open_page("compare", a=run.id, b=run.id)
    assert same.warning[0].value == f"The link names {run.id} twice; it is shown once."
    assert open_page("compare", clips=f"{run.id}.9").warning[0].value.endswith("has no clip 9.")


def test_an_empty_log_says_what_to_do(log: Workbench, open_page: OpenPage) -> None:
    at = open_page("compare")
    assert "Choose two to six clips" in text(at)
    assert "The log holds no clip yet." in text(at)
    assert links(at, "All runs")


# What stands there, and in which order


def test_swap_exchanges_the_two(pair: Pair, open_page: OpenPage) -> None:
    at = press(open_page("compare", clips=link(*pair), player="t0.25~o0_0.5~c2"), "Swap")
    assert query(at) == {"clips": [link(pair[1], pair[0])], "player": ["t0.25~o0.5_0"]}
    assert "<del>river</del>" in html(at)
    assert players(at)[0]["state"] == "t0.25~o0.5_0"


def test_one_is_made_the_base_and_one_dropped(log: Workbench, open_page: OpenPage) -> None:
    runs = many(log, 4)
    at = open_page("compare", clips=link(*runs), player="wipe~p2_4~o0_0.1_0.2_0.3")
    at.button(key="compare.base.3").click().run()
    assert query(at)["clips"] == [link(runs[2], runs[0], runs[1], runs[3])]
    assert query(at)["player"] == ["wipe~o0.2_0_0.1_0.3~p3_4"]  # the same two lie over each other
    at.button(key="compare.drop.4").click().run()
    assert query(at)["clips"] == [link(runs[2], runs[0], runs[1])]
    assert query(at)["player"] == ["wipe~o0.2_0_0.1"]
    assert shown(at) == files(runs[2], runs[0], runs[1])
    at.button(key="compare.drop.1").click().run()
    at.button(key="compare.drop.1").click().run()
    assert players(at)[0]["state"] == "o0.1"  # what needs two is given up
    at.button(key="compare.drop.1").click().run()
    assert query(at) == {}
    assert players(at) == []


def test_one_clip_is_joined_by_what_is_found(log: Workbench, open_page: OpenPage) -> None:
    runs = [make(log, prompt) for prompt in ("A fox", "A heron", "A lion at dawn")]
    at = open_page("compare", clips=runs[0].id)
    assert "Compare it with" in text(at)
    offered = [button.key for button in at.button if str(button.key).startswith("compare.add.")]
    assert offered == [f"compare.add.{run.id}" for run in (runs[2], runs[1])]
    at.text_input(key="compare.search").set_value("heron").run()
    assert [b.key for b in at.button if "add" in str(b.key)] == [f"compare.add.{runs[1].id}"]
    at.text_input(key="compare.search").set_value("walrus").run()
    assert "No other clip has “walrus” in its prompt." in text(at)
    at.text_input(key="compare.search").set_value("").run()
    at.button(key=f"compare.add.{runs[2].id}").click().run()
    assert query(at) == {"clips": [link(runs[0], runs[2])]}
    assert shown(at) == files(runs[0], runs[2])


def test_parent_and_takes_are_at_hand(log: Workbench, open_page: OpenPage) -> None:
    parent, *takes = many(log, 3)
    child_id = log.submit(
        log.request("A fox on ice", model="fake/clip", seed=9), Origin(parent.id, Parenthood.VARIANT)
    )
    child = log.wait([child_id], progress_bar=False)[0]
    at = press(open_page("compare", clips=child_id), "Add its parent")
    assert query(at) == {"clips": [link(child, parent)]}
    at = press(open_page("compare", clips=parent.id), "Add 2 other takes")
    assert query(at) == {"clips": [link(parent, takes[1], takes[0])]}
    assert links(open_page("run", id=takes[0].id), "Compare takes") == [
        {"page": "compare", "clips": link(takes[0], takes[1], parent)}
    ]


def test_the_pickers_never_load_the_log(
    pair: Pair, log: Workbench, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the page reads is bounded, however long the log is."""
    for seed in range(40):
        make(log, "A fox crosses the ice", seed=100 + seed)
    asked: list[int] = []
    whole = type(log.store.runs).page

    def page(runs: object, wanted: object, limit: int = 50, before: int | None = None) -> object:
        asked.append(limit)
        return whole(runs, wanted, limit, before)  # type: ignore[arg-type]

    monkeypatch.setattr(type(log.store.runs), "page", page)
    at = open_page("compare", clips=pair[0].id)
    assert len([b for b in at.button if "compare.add." in str(b.key)]) == 12
    assert sum(asked) <= 50
    asked.clear()
    open_page("compare", clips=link(*pair))
    assert asked == []


# What differs


def test_every_clip_is_held_to_the_base(log: Workbench, pair: Pair, open_page: OpenPage) -> None:
    third = make(log, "A fox crosses the ice", seed=3)
    fourth = make(log, "A fox crosses the river", seed=1)
    drawn = html(open_page("compare", clips=link(*pair, third, fourth)))
    words = drawn[drawn.index("<h3>Prompt") : drawn.index("<h3>Negative")]
    assert words.count("<del>ice</del>") == 1  # 2 and 4 have the same words
    assert said(words).strip().endswith("2 4 against 1A fox crosses the iceriver3: the same as 1")
    assert rows(drawn)["Duration"] == ["4 s", "8 s", "4 s", "4 s"]
    assert rows(drawn)["Seed"] == ["1", "2", "3", "1"]
    assert set(rows(drawn)) == {"Duration", "Seed", "Latency", "Cost"}
    assert '<td class="wb-differs">8 s</td>' in drawn


def test_what_is_the_same_is_said_once(log: Workbench, open_page: OpenPage) -> None:
    run = make(log, "A fox", negative_prompt="text", seed=4)
    again = make(log, "A fox", negative_prompt="text", seed=4)
    at = open_page("compare", clips=link(run, again))
    assert html(at).count("The same in all.") == 2
    assert "Model and settings are the same in all." in text(at)
    assert list(rows(html(at))) == ["Seed", "Latency", "Cost"]
    assert players(at)[0]["clips"][1]["label"] == "the same request again"


def test_long_texts_are_folded_where_nothing_changed(log: Workbench, open_page: OpenPage) -> None:
    words = [f"word{n}" for n in range(200)]
    changed = [*words[:100], "<b>new</b>", *words[101:]]
    runs = [make(log, " ".join(one)) for one in (words, changed)]
    drawn = html(open_page("compare", clips=link(*runs)))
    assert drawn.count("<details><summary>88 words, the same</summary>") == 1
    assert drawn.count("<details><summary>87 words, the same</summary>") == 1
    assert "<ins>&lt;b&gt;new&lt;/b&gt;</ins>" in drawn
    near = drawn[drawn.index("</details>") : drawn.rindex("<details>")]
    assert all(word in near for word in (*words[88:100], *words[101:113]))


def test_references_that_differ_are_pictures(log: Workbench, open_page: OpenPage, root: Path) -> None:
    one, other = sorted((root / "data" / "samples").glob("*.jpg"))[:2]
    runs = [
        make(log, "A fox", seed=1, first_frame=one),
        make(log, "A fox", seed=1, first_frame=other),
        make(log, "A fox", seed=1),
    ]
    drawn = html(open_page("compare", clips=link(*runs)))
    line = drawn[drawn.index('<th scope="row">First frame') :]
    line = line[: line.index("</tr>")]
    given = [run.request.inputs[0].media.sha256 for run in runs[:2]]
    assert [line.count(sha256) for sha256 in given] == [1, 1]
    assert line.endswith('<td class="wb-differs">none</td>')
    assert "First frame" not in html(
        open_page("compare", clips=link(runs[0], make(log, "A fox", first_frame=one)))
    )


# Notes


def test_a_note_is_kept_at_the_players_time(pair: Pair, log: Workbench, open_page: OpenPage) -> None:
    at = open_page("compare", clips=link(*pair), player="t0.25~o0_0.125~c2")
    assert "At 0:00.125 of clip 2, frame" in text(at)
    note(at, "The paw slides", who="")
    assert "Say who you are" in at.error[0].value
    assert log.notes(pair[1].id) == []
    assert note_field(at).value == "The paw slides"
    note(at, "The paw slides", who="Ada")
    (kept,) = log.notes(pair[1].id)
    assert (kept.at_s, kept.text, kept.person, kept.position) == (0.125, "The paw slides", "Ada", 0)
    assert players(at)[0]["marks"] == [{"at_s": 0.125, "text": "The paw slides – Ada", "clip": 1}]
    assert "**2** · The paw slides – Ada" in text(at)
    assert note_field(at).value == ""
    again = open_page("compare", clips=link(*pair))
    assert players(again)[0]["marks"] == players(at)[0]["marks"]


def test_a_note_goes_to_the_clip_that_is_chosen_for_it(
    pair: Pair, log: Workbench, open_page: OpenPage
) -> None:
    at = open_page("compare", clips=link(*pair), player="t0.25")
    at.segmented_control[0].set_value(1)
    note(at, "Second", who="Ada")
    assert [n.at_s for n in log.notes(pair[1].id)] == [0.25]
    assert log.notes(pair[0].id) == []


def test_where_a_clip_shows_nothing_the_note_is_about_all_of_it(
    pair: Pair, log: Workbench, open_page: OpenPage
) -> None:
    at = open_page("compare", clips=link(*pair), player="t0.1~o0.2_0")
    assert "Clip 1 shows nothing at this time: the note will be about all of it." in text(at)
    note(at, "Too dark", who="Ada")
    assert [n.at_s for n in log.notes(pair[0].id)] == [None]
    assert players(at)[0]["marks"] == []
    assert "all of it" in text(at)


def test_a_note_leads_to_its_picture_and_can_be_deleted(
    pair: Pair, log: Workbench, open_page: OpenPage
) -> None:
    kept = log.note(pair[1].id, "A *paw* <b>", at_s=0.3, person="Ada")
    at = open_page("compare", clips=link(*pair), player="grid~o0_0.1")
    assert "A \\*paw\\* \\<b\\>" in text(at)
    before = players(at)[0]["edition"]
    at.button(key=f"compare.note.jump.{kept.id}").click().run()
    assert query(at)["player"] == ["grid~t0.4~o0_0.1"]
    assert players(at)[0]["state"] == "grid~t0.4~o0_0.1"
    assert players(at)[0]["edition"] != before
    at.button(key=f"note.delete.{kept.id}").click().run()
    assert log.notes(pair[1].id) == []
    assert players(at)[0]["marks"] == []
    press(at, "Undo")
    assert log.notes(pair[1].id) == [kept]
    assert "Undo" not in labels(at)


def test_an_empty_note_is_refused(pair: Pair, log: Workbench, open_page: OpenPage) -> None:
    at = open_page("compare", clips=link(*pair))
    note(at, "  ", who="Ada")
    assert "The note is empty" in at.error[0].value
    assert log.notes(pair[0].id, pair[1].id) == []


# Ratings


def test_a_rating_is_stored_and_found(log: Workbench, pair: Pair, open_page: OpenPage) -> None:
    at = open_page("compare", clips=link(*pair))
    assert "not blind" in text(at)
    rated = next(control for control in at.segmented_control if control.label == "Clip to rate")
    rated.set_value(2).run()
    at.segmented_control(key=f"rating.{pair[1].id}.0.motion").set_value(4)
    at.segmented_control(key=f"rating.{pair[1].id}.0.visual_quality").set_value(5)
    at.text_area(key=f"rating.{pair[1].id}.0.comment").set_value("Calm water")
    _save(at, pair[1])
    assert "Say who you are: your name" in at.error[0].value
    assert log.ratings(pair[1].id) == []
    at.text_input(key=f"rating.{pair[1].id}.0.person.").set_value("Ada")
    _save(at, pair[1])
    assert "Saved" in at.success[0].value
    stored = {r.criterion: (r.score, r.person, r.comment, r.blind) for r in log.ratings(pair[1].id)}
    assert stored == {
        "motion": (4, "Ada", "Calm water", False),
        "visual_quality": (5, "Ada", "Calm water", False),
    }
    assert html(open_page("runs", rating="4")).count("wb-frame") == 1
    assert "★ 4.5" in html(open_page("runs"))


def test_nothing_rated_is_nothing_stored(log: Workbench, pair: Pair, open_page: OpenPage) -> None:
    at = open_page("compare", clips=link(*pair))
    _save(at, pair[0])
    assert "Nothing is rated yet" in at.error[0].value


def test_the_one_who_speaks_here_is_remembered_two_are_not(
    log: Workbench, pair: Pair, open_page: OpenPage
) -> None:
    log.rate(pair[0].id, {"motion": 3}, person="Ada")
    assert names(open_page("compare", clips=link(*pair))) == ["Ada", "Ada"]
    log.note(pair[0].id, "A paw", person="Bo")
    assert names(open_page("compare", clips=link(*pair))) == ["", ""]


def test_silent_clips_are_not_rated_by_sound(pair: Pair, open_page: OpenPage) -> None:
    asked = [control.label for control in open_page("compare", clips=link(*pair)).segmented_control]
    assert "Motion" in asked
    assert "Audio" not in asked


# Reading the page


def said(drawn: str) -> str:
    """Without its tags."""
    return re.sub(r"<[^>]+>", "", drawn)


def rows(drawn: str) -> dict[str, list[str]]:
    """Of the first sheet: name → value of each clip."""
    sheet = drawn[drawn.index('<div class="wb-sheet"') :]
    sheet = sheet[: sheet.index("</table>")]
    found = {}
    for row in sheet.split("<tr>")[2:]:
        name = re.search(r'<th scope="row"[^>]*>([^<]*)', row)
        assert name
        found[name[1]] = [re.sub(r"<[^>]+>.*", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)]
    return found


def note_field(at: AppTest) -> object:
    return next(field for field in at.text_input if field.label == "Note")


def names(at: AppTest) -> list[str]:
    return [field.value for field in at.text_input if field.label == "Who"]


def note(at: AppTest, words: str, *, who: str) -> None:
    note_field(at).set_value(words)  # type: ignore[attr-defined]
    next(field for field in at.text_input if field.label == "Who").set_value(who)
    next(button for button in at.button if button.label == "Add note").click().run()
    assert not at.exception, at.exception


def _save(at: AppTest, run: LoggedRun) -> None:
    next(b for b in at.button if b.label == "Save rating" and run.id in b.proto.form_id).click().run()
    assert not at.exception, at.exception
