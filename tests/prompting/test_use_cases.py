import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from workbench.domain.brief import Facet
from workbench.domain.errors import RequestError
from workbench.prompting.lint import lint
from workbench.prompting.use_cases import use_case, use_cases
from workbench.providers.vertex.models import VEO
from workbench.settings.schema import UseCase as Schema

NAMES = ("product_video", "hero_image", "gemstone_closeup", "luxury_brand", "general")
ROOT = Path(__file__).parents[2]


def test_the_five_of_the_document_are_built_in() -> None:
    assert tuple(use_cases()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_built_in_is_what_a_team_could_write_itself(name: str) -> None:
    case = use_case(name)
    table = {field: getattr(case, field) for field in Schema.model_fields}
    assert Schema.model_validate(table).model_dump() == table
    assert case.label and case.when and case.first and case.hints


@pytest.mark.parametrize("name", NAMES[:-1])
def test_its_own_phrases_make_a_prompt_without_a_hint(name: str) -> None:
    case = use_case(name)
    said = [case.phrase(facet) for facet in Facet if case.phrase(facet)]
    prompt = f"A gold ring turns on black velvet. {'. '.join(said)}. SFX: {case.effects}."
    assert [hint.message for hint in lint(prompt, ", ".join(case.negative), VEO[0])] == []


def test_a_team_adds_its_own_and_changes_a_built_in() -> None:
    known = use_cases({"watch_film": {"camera": "slow orbit"}, "general": {"negative": ("dust",)}})
    assert tuple(known) == (*NAMES, "watch_film")
    assert (known["watch_film"].label, known["watch_film"].phrase(Facet.CAMERA)) == (
        "Watch film",
        "slow orbit",
    )
    assert known["general"].negative == ("dust",)
    assert known["general"].label == "General"


def test_names_are_forgiving_and_an_unknown_one_is_told() -> None:
    assert use_case("Product-Video").name == "product_video"
    assert use_case("").name == "general"
    with pytest.raises(RequestError, match=r"no use case 'x'\. Allowed: product_video, .*general\."):
        use_case("x")


@pytest.mark.fresh
def test_the_files_are_in_the_wheel(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, ROOT]
    subprocess.run(command, check=True, timeout=240)
    (wheel,) = tmp_path.glob("*.whl")
    files = zipfile.ZipFile(wheel).namelist()
    assert {f"workbench/prompting/use_cases/{name}.toml" for name in NAMES} <= set(files)
