import csv
import io
import json
import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from immutabledict import immutabledict

from workbench.domain.errors import RequestError
from workbench.domain.media import Input, Media, Role
from workbench.domain.request import GenerationRequest
from workbench.prompting.planning import plan
from workbench.prompting.sweep import Design, References, Sweep, Wording
from workbench.prompting.sweep_json import as_plan, from_plan, read_json, write_json
from workbench.prompting.sweep_rows import Surroundings
from workbench.prompting.sweep_table import read_table, write_table

RING = (Input(Role.REFERENCE, Media("a" * 64, "image/png", 10, 4, 4)),)
AROUND = Surroundings("a/default", {"ring": RING}, {"weather": ("fog", "rain")}, frozenset({"b/seedless"}))

# Texts that tables and spreadsheets trip over, without braces and bars: those are syntax.
AWKWARD = st.sampled_from(
    [
        "=1+1",
        "'=1",
        "''@x",
        "+a",
        "-b",
        "@c",
        "'plain",
        "a,b;c\td",
        'say "so"',
        '"',
        "two\nlines",
        "\r",
        "é🦁",
        "1",
        "true",
    ]
)
TEXTS = AWKWARD | st.text(
    st.characters(exclude_characters="{}|\0", exclude_categories=["Cs"]), min_size=1, max_size=20
)
PROMPTS = TEXTS.filter(lambda text: bool(text.strip()))
VALUES = st.none() | st.integers(-(10**9), 10**9) | st.booleans() | st.floats(-1e9, 1e9) | TEXTS | st.just("")
SWEEPS = st.builds(
    lambda prompts, camera, varied, fps, models, seeds, references, rows: Sweep(
        prompts=(*(Wording(*p) for p in prompts), Wording("A lion, {camera=static|dolly:=slow dolly in}")),
        models=models,
        slots={"camera": camera},
        varied={"style": varied, "fps": fps},
        seeds=seeds,
        references=references,
        seedless=AROUND.seedless,
        **rows,
    ),
    prompts=st.lists(st.tuples(PROMPTS, TEXTS | st.just("")), max_size=3, unique=True),
    camera=st.sampled_from([("static",), ("dolly", None), ("=1", ":=3::x", "pan:=@pan")]),
    varied=st.lists(VALUES, min_size=1, max_size=3, unique_by=repr).map(tuple),
    fps=st.sampled_from([(24,), (24, None, 30.0), (True, 1)]),
    models=st.sampled_from([("a/x",), ("a/x", "b/seedless")]),
    seeds=st.sampled_from([(), (7,), (1, 2, None)]),
    references=st.sampled_from([(), (References("ring", RING),)]),
    rows=st.sampled_from([{}, {"design": Design.RANDOM, "size": 1}]),
)


def requests(sweep: Sweep) -> list[tuple[GenerationRequest, dict[str, str], str]]:
    return [(cell.request, dict(cell.slots), cell.template) for cell in plan(sweep).cells]


@settings(deadline=None)
@given(SWEEPS)
def test_a_table_written_and_read_asks_for_the_same(sweep: Sweep) -> None:
    assert requests(read_table(write_table(sweep), AROUND)) == requests(sweep)


@settings(deadline=None)
@given(SWEEPS)
def test_no_cell_of_a_table_is_run_by_a_spreadsheet(sweep: Sweep) -> None:
    for row in csv.reader(io.StringIO(write_table(sweep), newline="")):
        assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@settings(deadline=None)
@given(SWEEPS)
def test_json_gives_the_same_sweep(sweep: Sweep) -> None:
    assert from_plan(json.loads(json.dumps(as_plan(sweep)))) == sweep
    assert read_json(write_json(sweep)) == sweep
    again = read_json(write_json(sweep))
    assert [repr(value) for value in again.varied["fps"]] == [repr(value) for value in sweep.varied["fps"]]


def test_json_keeps_every_field() -> None:
    sweep = Sweep(
        prompts=(Wording("A {camera}, {__weather__}", "text", "lion"), Wording("B {camera}")),
        models=("a/x", "b/y"),
        slots={"camera": ("static", None)},
        settings=(immutabledict(duration_s=4), immutabledict(fold_negative_prompt=True)),
        varied={"fps": (24, 30.0, None, "x", True)},
        seeds=(1, 2, None),
        references=(References("none"), References("ring", RING)),
        lists={"weather": ("fog", "3::rain")},
        seedless=frozenset({"b/y"}),
        design=Design.FRACTION,
        size=20,
        design_seed=5,
    )
    content = as_plan(sweep)
    assert from_plan(content) == sweep
    assert set(content) == set(Sweep.__dataclass_fields__) - {"rows"}
    listed = replace(sweep, design=Design.LISTED, size=None, rows=(sweep[0].levels, sweep[0].levels))
    assert from_plan(as_plan(listed)) == listed
    assert requests(from_plan(as_plan(listed)))[1][0].take == 2


@pytest.mark.parametrize("separator", ["\t", ",", ";"])
def test_a_pasted_table(separator: str) -> None:
    rows = [
        [
            "Prompt",
            "Negative prompt",
            "model",
            "seed",
            "duration_s",
            "{camera}",
            "light",
            "audio",
            "references",
        ],
        [
            "A lion, {camera}, {light=hard|soft}",
            "text",
            "b/y",
            "7",
            "4",
            "dolly:=dolly in",
            "soft",
            "true",
            "ring",
        ],
        ["", "", "", "", "", "", "", "", ""],
        ["A tiger", "", "", "", "8", "", "", "", ""],
    ]
    sweep = read_table("\ufeff" + "\r\n".join(separator.join(f'"{c}"' for c in row) for row in rows), AROUND)
    lion, tiger = sweep
    assert lion.request == GenerationRequest(
        model="b/y",
        prompt="A lion, dolly in, soft",
        negative_prompt="text",
        inputs=RING,
        settings=immutabledict(duration_s=4, audio=True),
        seed=7,
    )
    assert dict(lion.slots) == {"camera": "dolly", "light": "soft"}
    assert tiger.request == GenerationRequest("a/default", "A tiger", settings=immutabledict(duration_s=8))


def test_a_negative_prompt_is_folded_where_a_row_says_so() -> None:
    sweep = read_table(
        "prompt,negative_prompt,fold_negative_prompt,model\nA,text,yes,a/x\nB,text,No,a/x\nC,,,a/x"
    )
    assert [cell.request.fold_negative_prompt for cell in sweep] == [True, False, False]
    assert all(not cell.request.settings for cell in sweep)
    assert requests(read_table(write_table(sweep))) == requests(sweep)


def test_a_row_that_stands_again_is_another_take() -> None:
    sweep = read_table("prompt,model\nA,a/x\nB,a/x\nA,a/x\n")
    assert [(cell.request.prompt, cell.request.take) for cell in sweep] == [("A", 1), ("B", 1), ("A", 2)]
    assert write_table(sweep) == "prompt,model\r\nA,a/x\r\nB,a/x\r\nA,a/x\r\n"


def test_a_prompt_with_several_negative_prompts_makes_them_a_factor() -> None:
    sweep = read_table("prompt,negative_prompt,model\nA,,m/x\nA,text,m/x\nB,text,m/x\n")
    assert [f.name for f in sweep.varying] == ["negative_prompt", "prompt"]
    assert [cell.request.negative_prompt for cell in sweep] == ["", "text", "text"]
    beside = read_table("prompt,negative_prompt,model\nA,x,m/x\nB,y,m/x\n")
    assert [f.name for f in beside.varying] == ["prompt"]


def test_settings_are_read_by_whoever_knows_the_model() -> None:
    def parse(model: str, name: str, text: str) -> int:
        if model == "a/x" and name == "duration_s" and text == "4 s":
            return 4
        raise ValueError("Allowed: 4 s.")

    (cell,) = read_table("prompt,model,duration_s\nA,a/x,4 s", parse=parse)
    assert cell.request.settings == {"duration_s": 4}
    with pytest.raises(RequestError, match=r"Row 1, column duration_s: It can't be '5 s'. Allowed: 4 s\."):
        read_table("prompt,model,duration_s\nA,a/x,5 s", parse=parse)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", "The table is empty"),
        ("\n\n", "The table is empty"),
        ("A lion walks", "has no column prompt. Its first line has to name the columns; it is A lion walks"),
        ("prompt,seed,seed\nA,1,2", "has the column seed more than once"),
        ("prompt,camera,{camera}\nA,1,2", "has the column camera more than once"),
        ("prompt,,seed\nA,1,2", "Column 2 of the table has no name"),
        ("prompt\n", "There are no rows"),
        ("prompt,seed\nA,1\nB,2,3", "Row 2, column 3: The first line names only 2 columns; here is '3'"),
        ('prompt\n"A"b', "Row 1 of the table can't be read"),
        ('prompt\nA\n"B', "Row 2 of the table can't be read"),
        ("prompt,seed\nA,1\n,2", "Row 2, column prompt: It is empty"),
        ("prompt,seed\nA,x", "Row 1, column seed: It can't be 'x'. Allowed: a whole number"),
        ("prompt,seed\nA,-1", "Row 1, column seed: It can't be '-1'"),
        ("prompt,seed\nA,1.5", "Row 1, column seed"),
        ("prompt,seed\nA,٣", "Row 1, column seed"),
        ("prompt,model\nA, ", None),
        (
            "prompt,references\nA,crown",
            "Row 1, column references: There is no set “crown”. Sets that are there: ring",
        ),
        (
            "prompt\nA {x=a|b} {x=c|d}",
            "Row 1, column prompt, character 11: The slot x has two different lists",
        ),
        (
            "prompt,negative_prompt\nA,{__nope__}",
            "Row 1, column negative_prompt, character 1: There is no shared list",
        ),
        ("prompt\nA {camera}", r"Row 1, column \{camera\}: The slot has no value and no choices"),
        ("prompt,{camera}\nA,static", r"Row 1, column \{camera\}: Its prompt has no slot"),
        ("prompt,camera\nA {camera},x\nB,y", r"Row 2, column camera: Its prompt has no slot \{camera\}"),
        (
            "prompt,camera\nA {camera},2::x",
            "Row 1, column camera: Weights and conditions belong in the prompt",
        ),
        (
            "prompt,Some thing\nA,1",
            "Row 1, column Some thing: No setting and no slot of its prompt is called so",
        ),
        ("prompt,fold_negative_prompt\nA,maybe", "Row 1, column fold_negative_prompt: It can't be 'maybe'"),
        ("prompt,take\nA,1", "“take” is no setting"),
        ("prompt,fps\nA,1e999", "Row 1, column fps: It can't be inf"),
        (
            "prompt," + ",".join(f"c{i}" for i in range(200)) + "\nA",
            "The table has 201 columns. Allowed: up to 100",
        ),
        ("prompt\n" + "A\n" * 10_001, "There are 10,001 rows. Allowed: up to 10,000"),
        ("prompt\n" + "\n" * 20_000, "has more than 10,000 rows"),
        ("prompt\n" + "A" * 1_000_000, "larger than 1 MB"),
        ("prompt\n" + "é" * 600_000, "larger than 1 MB"),
        ("prompt\n" + "A" * 200_000, "Row 1 of the table can't be read"),
    ],
)
def test_a_table_that_cannot_be_read_is_told_in_one_sentence(table: str, message: str | None) -> None:
    if message is None:
        assert len(read_table(table, AROUND)) == 1
        return
    with pytest.raises(RequestError, match=message) as caught:
        read_table(table, AROUND)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


def test_a_row_without_a_model_is_told() -> None:
    with pytest.raises(RequestError, match="Row 2, column model: No model is named"):
        read_table("prompt,model\nA,a/x\nB,")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "This is no JSON"),
        ("{", "This is no JSON"),
        ("[" * 100_000, "This is no JSON"),
        ('{"prompts": ["A"], "models": ["a/x"], "seeds": [NaN]}', "NaN is no number here"),
        ("1", "at the whole: .*; here is 1"),
        ("{}", "at prompts: Field required"),
        ('{"prompts": []}', "at prompts"),
        (
            '{"prompts": [{"prompt": 1}], "models": ["a/x"]}',
            "at prompts 1 prompt: Input should be a valid string",
        ),
        ('{"prompts": ["A"], "models": ["a/x"], "seeds": ["1"]}', "at seeds 1: .*; here is '1'"),
        ('{"prompts": ["A"], "models": ["a/x"], "seeds": [true]}', "at seeds 1"),
        ('{"prompts": ["A"], "models": ["a/x"], "colour": 1}', "at colour: Extra inputs are not permitted"),
        ('{"prompts": ["A"], "models": ["a/x"], "varied": {"fps": [[1]]}}', "at varied fps 1"),
        ('{"prompts": ["A"], "models": ["a/x"], "design": "best"}', "at design"),
        (
            '{"prompts": ["A"], "models": ["a/x"], "design": "listed", "rows": [[5, 0]]}',
            "Row 1 of the sweep does not fit",
        ),
        (
            '{"prompts": ["A"], "models": ["a/x"], "references": [{"name": "r", "inputs": [{"role": '
            '"reference", "media": {"sha256": "../../etc", "mime": "image/png", "size_bytes": 1}}]}]}',
            "at references 1 inputs 1 media sha256",
        ),
        ("[]", "There are no rows"),
        ("[1]", "Row 1 can't be 1"),
        ('[{"prompt": "A"}, {"prompt": 5}]', "Row 2, column prompt: It can't be 5. Allowed: text"),
        ('[{"prompt": "A", "seed": true}]', "Row 1, column seed"),
        ('[{"prompt": "A", "seed": 1.5}]', "Row 1, column seed"),
        (
            '[{"prompt": "A", "fps": [24]}]',
            "Row 1, column fps: It can't be \\[24\\]. Allowed: text, a number",
        ),
        ('[{"prompt": "A {x}", "x": 1}]', "Row 1, column x: It can't be 1. Allowed: text"),
        ('[{"prompt": "A {x}", "x": "1", "{x}": "2"}]', "Row 1, column .*: The slot stands twice"),
        ('[{"prompt": "' + "A" * 1_000_000 + '"}]', "larger than 1 MB"),
    ],
)
def test_json_that_cannot_be_read_is_told_in_one_sentence(text: str, message: str) -> None:
    with pytest.raises(RequestError, match=message) as caught:
        read_json(text, replace(AROUND, model="" if text[:1] == "{" else "a/x"))
    assert len(str(caught.value)) < 400


def test_a_list_of_rows_in_json_keeps_types() -> None:
    row = {"prompt": "A {x}", "x": "one", "seed": 3, "fps": 24, "audio": True, "style": "24", "model": None}
    (cell,) = read_json(json.dumps([row]), AROUND)
    assert cell.request == GenerationRequest(
        "a/default", "A one", settings=immutabledict(fps=24, audio=True, style="24"), seed=3
    )


def test_a_short_object_in_json() -> None:
    sweep = read_json('{"prompts": ["A", {"prompt": "B", "name": "b"}], "seeds": [1, 2]}', AROUND)
    assert sweep == Sweep((Wording("A"), Wording("B", name="b")), ("a/default",), seeds=(1, 2))


@given(
    st.text(max_size=300) | st.text("prompt,seed\n\t;{}|\"'=1", max_size=200).map("prompt,seed,fps\n".__add__)
)
def test_whatever_is_pasted_is_a_sweep_or_a_sentence(text: str) -> None:
    for read in (read_table, read_json):
        try:
            sweep = read(text, AROUND)
        except RequestError as error:
            assert str(error)
        else:
            assert len(list(sweep)) == len(sweep) > 0


def test_ten_thousand_rows_take_little_memory() -> None:
    table = "prompt,model,seed,fps\n" + "".join(f"Prompt {i % 500},a/x,{i},24\n" for i in range(10_000))
    tracemalloc.start()
    sweep = read_table(table)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(sweep) == 10_000
    assert peak < 50_000_000
