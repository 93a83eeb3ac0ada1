import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.domain.capabilities import faults
from workbench.domain.errors import RequestError
from workbench.domain.request import GenerationRequest
from workbench.prompting.lint import lint
from workbench.prompting.planning import plan
from workbench.prompting.sweep import Design
from workbench.prompting.sweep_table import read_table, write_table
from workbench.prompting.sweeps import starter, starters
from workbench.providers.animatic.model import PREVIEW
from workbench.providers.vertex.models import VEO

NAMES = ("one_phrase", "model_bake_off", "negative_ablation", "seed_stability", "camera_moves")
ROOT = Path(__file__).parents[2]
RUNS = {
    "one_phrase": 12,
    "model_bake_off": 9,
    "negative_ablation": 20,
    "seed_stability": 24,
    "camera_moves": 36,
}
MODELS = {model.model: model for model in (PREVIEW, *VEO)}


def check(request: GenerationRequest) -> str | None:
    model = MODELS[request.model]
    found = faults(model.complete(request), model)
    return str(found[0]) if found else None


def test_the_five_of_the_issue_are_there() -> None:
    assert tuple(starters()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_as_it_is(name: str) -> None:
    found = starter(name)
    assert found.label and found.when and found.question.endswith("?")
    assert "  " not in found.reading and "\n" not in found.reading.strip()
    models = [PREVIEW.model, VEO[0].model][: found.least_models]
    planned = plan(found.sweep(models), check)
    assert (len(planned.cells), planned.holes, planned.lost) == (RUNS[name] * len(models), (), ())


@pytest.mark.parametrize("name", NAMES)
def test_its_prompts_are_in_no_conflict(name: str) -> None:
    for cell in starter(name).sweep(list(MODELS)[:2]):
        hints = lint(cell.request.prompt, cell.request.negative_prompt, MODELS[cell.request.model])
        assert [hint.message for hint in hints if hint.level == "conflict"] == []


@pytest.mark.parametrize("name", NAMES)
def test_it_takes_prompts_of_ones_own(name: str) -> None:
    found = starter(name)
    sweep = found.sweep(list(MODELS)[: found.least_models], ["A heron lands on a lake.", "A heron takes off"])
    assert {cell.coordinates["prompt"][:7] for cell in sweep} == {"A heron"}
    for slot in sweep.slots:
        assert all(slot in cell.slots for cell in sweep)
    planned = plan(sweep, check)
    assert (planned.holes, planned.lost) == ((), ())


@pytest.mark.parametrize("name", NAMES)
def test_it_goes_through_a_table(name: str) -> None:
    sweep = starter(name).sweep(list(MODELS)[:2])
    again = read_table(write_table(sweep))
    assert [cell.request for cell in again] == [cell.request for cell in sweep]
    assert [cell.slots for cell in again] == [cell.slots for cell in sweep]


def test_the_fraction_is_a_third_of_the_whole_and_can_be_made_larger() -> None:
    sweep = starter("camera_moves").sweep([PREVIEW.model])
    assert (sweep.design, sweep.combinations) == (Design.FRACTION, 108)
    assert len(replace(sweep, design=Design.FULL, size=None)) == 108


def test_names_are_forgiving_and_too_few_models_are_told() -> None:
    assert starter("Camera-Moves").name == "camera_moves"
    with pytest.raises(RequestError, match=r"no experiment 'x' to start from\. Allowed: one_phrase, "):
        starter("x")
    with pytest.raises(RequestError, match="“Model bake-off” takes 2 models or more; 1 is given"):
        starter("model_bake_off").sweep([PREVIEW.model])


@pytest.mark.fresh
def test_the_files_are_in_the_wheel(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, ROOT]
    subprocess.run(command, check=True, timeout=240)
    (wheel,) = tmp_path.glob("*.whl")
    files = zipfile.ZipFile(wheel).namelist()
    assert {f"workbench/prompting/sweeps/{name}.toml" for name in NAMES} <= set(files)
