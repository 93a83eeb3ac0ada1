"""What a model is asked about two clips, and what is kept of its answer."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from workbench.domain.errors import RequestError
from workbench.domain.judge import GENERAL, rubric, rubrics
from workbench.domain.review import Choice
from workbench.emulators.schemas import check_strict
from workbench.prompting.judging import LONGEST, ask_verdict, read_verdict

OWN = rubrics({"product": {"label": "", "guide": "Mind the strap.", "criteria": {"verdict": "Is it right?"}}})
ANSWER = {"motion_reason": "It glides.", "visual_quality_reason": "Clean.", "consistency_reason": "Kept."}


def test_the_question_has_what_people_were_asked_and_nothing_else() -> None:
    asking = ask_verdict(GENERAL, "Which is better?")
    assert asking.text.splitlines()[0] == "Which is better?"
    assert [line for line in asking.text.splitlines() if line.startswith("- ")] == [
        f"- {one.label}: {one.question}" for one in GENERAL.criteria
    ]
    assert "show this" not in asking.text
    assert "Both clips were to show this: a lake" in ask_verdict(GENERAL, "Which?", "a lake").text
    frames = ask_verdict(GENERAL, "Which?", in_frames=True)
    assert "only what the frames prove" in frames.instructions
    assert "only what the frames prove" not in asking.instructions


@pytest.mark.parametrize("name", ["general", "product"])
def test_its_form_is_strict_and_asks_for_reasons_before_the_verdict(name: str) -> None:
    own = rubric(name, OWN)
    schema = ask_verdict(own, "Which?").shape.model_json_schema()
    check_strict(schema)
    fields = list(schema["properties"])
    assert fields == [*(f"{one.name}_reason" for one in own.criteria), "verdict"]
    assert schema["properties"]["verdict"]["enum"] == ["left", "right", "both_good", "both_bad"]


@pytest.mark.parametrize("verdict", ["LEFT", "skip", "", None, "left clip", 1, ["left"]])
def test_a_verdict_of_another_form_is_none(verdict: object) -> None:
    with pytest.raises(ValidationError):
        ask_verdict(GENERAL, "Which?").shape.model_validate_json(json.dumps({**ANSWER, "verdict": verdict}))


def test_hostile_reasons_are_made_fit_to_be_kept() -> None:
    shape = ask_verdict(GENERAL, "Which?").shape
    hostile = {
        "motion_reason": "left\u202e\x00 glides,\n\nthen " + "stops " * 2_000,
        "visual_quality_reason": "n/a",
        "consistency_reason": "<script>alert(1)</script>",
    }
    found = read_verdict(shape.model_validate({**hostile, "verdict": "both_bad"}), GENERAL)
    assert found.choice is Choice.BOTH_BAD
    assert set(found.reasons) == {"motion", "consistency"}, "what says nothing is left out"
    motion = found.reasons["motion"]
    assert motion.startswith("left glides, then stops") and len(motion) <= LONGEST
    assert not {"\n", "\x00", "\u202e"} & set(motion)


def test_rubrics_of_ones_own_stand_beside_the_built_in_one() -> None:
    assert list(OWN) == ["general", "product"]
    assert (OWN["product"].label, OWN["product"].guide) == ("Product", "Mind the strap.")
    assert rubric("", OWN) is GENERAL
    with pytest.raises(RequestError, match=r"no rubric 'nope'. Allowed: general, product"):
        rubric("nope", OWN)
