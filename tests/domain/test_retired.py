"""Old names, and what they are answered with."""

from __future__ import annotations

import pytest
from immutabledict import immutabledict

from workbench.domain.capabilities import Capabilities, Choice, Toggle, Whole, faults
from workbench.domain.request import GenerationRequest
from workbench.domain.retired import GONE, OLD_FIELDS, OMNI, VEO, VEO_FAST, VEO_LITE, gone, renamed

MODEL = Capabilities(
    model="vertex/x",
    label="Veo",
    summary="",
    settings=(
        Whole("duration_s", "Duration", 8, least=4, most=8),
        Choice("compression_quality", "Compression", "optimized", values=("optimized", "lossless")),
        Whole("number_of_videos", "Videos", 1, least=1, most=4),
        Toggle("generate_audio", "Sound", True),
    ),
)


@pytest.mark.parametrize(
    ("name", "successor", "said"),
    [
        ("veo-3.1-generate-preview", VEO, "was shut down on 2026-10-22"),
        ("gemini/veo-3.1-fast-generate-preview", VEO_FAST, "was shut down on 2026-10-22"),
        ("models/veo-3.1-lite-generate-preview", VEO_LITE, "was shut down on 2026-10-22"),
        ("VEO-2.0-generate-001 ", VEO, "was shut down on 2026-06-30"),
        ("veo-001", VEO, "first Veo"),
        ("openai/sora-2", OMNI, "was shut down on 2026-09-24"),
        ("gemini-omni-flash-preview", OMNI, "was shut down on 2026-09-30"),
        ("veo-3.1-fast", VEO_FAST, "--aspect-ratio 9:16"),
        ("veo-3.1-landscape-fast-fl", VEO_FAST, "--aspect-ratio 16:9 --start-frame A.jpg --end-frame B.jpg"),
        ("veo_3_0_r2v_fast_ultra", VEO, "--reference A.jpg"),
    ],
)
def test_a_name_that_is_gone_is_answered_with_its_successor_and_the_command(
    name: str, successor: str, said: str
) -> None:
    found = gone(name)
    assert found is not None
    assert found.successor == successor
    sentence = str(found)
    assert said in sentence
    assert f"workbench generate --model {successor}" in sentence
    assert "--successor" in sentence
    assert "Nothing was sent" in sentence


def test_live_names_and_nonsense_are_not_gone() -> None:
    for name in ("vertex/veo-3.1-generate-001", "gemini/gemini-omni-1.2-flash", "veo", "", None, 3, "a/b/"):
        assert gone(name) is None
    successors = {entry.successor for entry in GONE.values()}
    assert not any(gone(successor) for successor in successors), "a successor that is gone itself"


def test_a_field_that_means_the_same_is_taken_over_and_another_is_answered() -> None:
    old = {"duration": 8, "compressed": True, "num_videos": 2, "audio": False}
    assert renamed(old, MODEL) == {
        "duration_s": 8,
        "compression_quality": "optimized",
        "number_of_videos": 2,
        "generate_audio": False,
    }
    assert renamed({"compressed": False}, MODEL) == {"compression_quality": "lossless"}
    assert renamed({"seconds": "6"}, MODEL) == {"duration_s": 6}
    assert renamed({"compressed": 1}, MODEL) == {"compression_quality": 1}  # 1 is no yes: validation tells

    # What is said twice, or elsewhere only, stays as it is for validation to tell.
    assert renamed({"duration": 8, "duration_s": 4}, MODEL) == {"duration": 8, "duration_s": 4}
    assert renamed({"duration": 8, "seconds": 4}, MODEL) == {"duration_s": 8, "seconds": 4}
    assert renamed({"quality": "high"}, MODEL) == {"quality": "high"}


@pytest.mark.parametrize("name", [name for name, old in OLD_FIELDS.items() if not old.now])
def test_a_field_without_a_like_is_refused_with_advice(name: str) -> None:
    request = GenerationRequest("vertex/x", "A lion", settings=immutabledict({name: "x"}))
    [fault] = faults(MODEL.complete(request), MODEL)
    assert fault.field == name
    assert OLD_FIELDS[name].advice in fault.allowed
    assert "It has: duration_s" in fault.allowed


def test_an_old_name_of_a_setting_that_the_model_lacks_is_told_so() -> None:
    bare = Capabilities(model="a/b", label="Bare", summary="", settings=())
    request = GenerationRequest("a/b", "A lion", settings=immutabledict({"duration": 4}))
    [fault] = faults(request, bare)
    assert "It is called duration_s elsewhere; this model has no such setting." in fault.allowed
