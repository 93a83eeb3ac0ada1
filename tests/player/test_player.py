"""The player's Python side: links, what is given to the page, one file of all modules, one document."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from workbench.player import Note, PlayerClip, PlayerState, assets, beginning, from_link, standalone
from workbench.ui.player import player as draw

HERE = Path(__file__).parent
LINKS: list[dict[str, Any]] = json.loads((HERE / "links.json").read_text("utf-8"))
NAMES = {"time": "time_s", "range": "range_s", "offsets": "offsets_s"}


def clip(label: str = "Lion", **more: Any) -> PlayerClip:
    known = {"url": "/a.mp4", "fps": 24.0, "duration_s": 4.0, "width": 320, "height": 180}
    return PlayerClip(label=label, **{**known, **more})


@pytest.mark.node
@pytest.mark.parametrize("file", sorted(HERE.glob("*.test.mjs")), ids=lambda file: file.name)
def test_modules(file: Path) -> None:
    done = subprocess.run(["node", "--test", file], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("case", LINKS, ids=lambda case: repr(case["link"][:40]))
def test_links_mean_the_same_as_in_the_browser(case: dict[str, Any]) -> None:
    state = from_link(case["link"], case["clips"])
    means = {
        NAMES.get(name, name): tuple(value) if isinstance(value, list) else value
        for name, value in case["means"].items()
    }
    expected = {field: getattr(beginning(case["clips"]), field) for field in PlayerState.__dataclass_fields__}
    assert {field: getattr(state, field) for field in expected} == {**expected, **means}
    assert state.link == case.get("again", case["link"])
    assert re.fullmatch(r"[a-z0-9_.~-]*", state.link)


def test_a_very_long_link_is_cut() -> None:
    assert from_link("t1~" * 100_000 + "wipe", 2) == from_link("t1", 2)
    assert from_link("t" + "9" * 5_000, 2) == beginning(2)


@pytest.mark.parametrize("name", ["fps", "duration_s", "width", "height"])
def test_a_clip_without_a_measure_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"“Lion”.*above 0"):
        clip(**{name: 0})


@pytest.mark.parametrize("count", [0, 7])
def test_one_to_six_clips(count: int) -> None:
    with pytest.raises(ValueError, match=f"1 to 6 clips, not {count}"):
        standalone([clip()] * count, state=PlayerState(offsets_s=(0.0,) * count))


def test_a_state_of_other_clips_is_refused() -> None:
    with pytest.raises(ValueError, match="one of 3 clips; the player has 2"):
        draw([clip(), clip()], key="player", state=beginning(3))


def test_the_modules_are_one_script() -> None:
    """In one scope: no import is left, one export is, no name stands twice."""
    script = assets.script()
    assert not re.search(r"^\s*import\b", script, re.MULTILINE)
    assert re.findall(r"^export .*", script, re.MULTILINE) == [
        "export default function component({ data, parentElement, setStateValue }) {"
    ]
    names = re.findall(r"^(?:export default )?(?:const|let|class|function) (\w+)", script, re.MULTILINE)
    assert sorted(names) == sorted(set(names))
    assert set(assets.MODULES) == {path.name for path in Path(assets.__file__).parent.glob("*.js")}


def test_nothing_comes_from_elsewhere() -> None:
    for text in (assets.script(), assets.css(), assets.html()):
        assert not re.search(r"https?://|@import|url\(", text)


def test_a_document_that_no_text_breaks_out_of() -> None:
    evil = "</script><script>alert(1)</script>\u2028<!--"
    document = standalone([clip(evil), clip()], notes=[Note(1.0, evil, clip=0)], label=evil)
    assert document.count("<script") == document.count("</script>") == 1
    assert "<title>&lt;/script&gt;" in document
    (data,) = re.findall(r"^const data = (.*)$", document, re.MULTILINE)
    assert json.loads(data)["clips"][0]["label"] == evil
    assert json.loads(data)["marks"][0]["text"] == evil
