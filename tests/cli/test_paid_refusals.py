"""What a person who pays gets wrong before anything is sent. No key is repeated in what they are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.desk import Desk, assert_one_sentence, records
from workbench.api.batch import open_batch
from workbench.domain.errors import BadSetting, RequestError
from workbench.domain.run import Status
from workbench.emulators.wires import emulator
from workbench.settings import load

WIRES = {  # model, what sets it up, the variables of its address and its key
    "vertex/veo-3.1-fast-generate-001": (
        {"GOOGLE_CLOUD_PROJECT": "film"},
        "GOOGLE_VERTEX_BASE_URL",
        "VERTEX_API_KEY",
    ),
    "gemini/gemini-omni-1.2-flash": ({}, "GOOGLE_GEMINI_BASE_URL", "GEMINI_API_KEY"),
    "openai/gpt-image-2": ({}, "OPENAI_BASE_URL", "OPENAI_API_KEY"),
    "openai-videos/wan": (
        {"OPENAI_VIDEOS_BASE_URL": "http://127.0.0.1:9/v1"},
        "OPENAI_VIDEOS_BASE_URL",
        "OPENAI_VIDEOS_API_KEY",
    ),
    "flow/veo_3_1_t2v_fast": (
        {"FLOW_PROJECT_ID": "p", "FLOW_GATEWAY_URL": "http://127.0.0.1:9"},
        "FLOW_GATEWAY_URL",
        "FLOW_GATEWAY_TOKEN",
    ),
}
ADDRESSES = ["127.0.0.1:8080", "ftp://127.0.0.1", "http://", "http://a b", "http://me:hunter22@127.0.0.1:9"]


def refused(desk: Desk, model: str, environ: dict[str, str]) -> tuple[int, str]:
    done = desk.here("generate", "--model", model, "--prompt", "A lion", "--yes", "--timeout", "1", **environ)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    with desk.log() as log:
        assert list(log.runs()) == []
    return done.returncode, done.stderr


@pytest.mark.parametrize("model", WIRES)
def test_an_address_that_nothing_can_be_sent_to_is_told_before(desk: Desk, model: str) -> None:
    environ, address, key = WIRES[model]
    for url in ADDRESSES:
        status, told = refused(desk, model, {**environ, key: "sk-1", address: url})
        assert status in (2, 4), (url, told)
        assert address in told
        assert "hunter22" not in told


@pytest.mark.parametrize("model", WIRES)
@pytest.mark.parametrize("key", ["hunter22\nX-Evil: 1", "hünter22"])
def test_a_key_that_no_header_carries_is_told_before(desk: Desk, model: str, key: str) -> None:
    environ, _, variable = WIRES[model]
    status, told = refused(desk, model, {**environ, variable: key})
    assert status == 4
    assert f"set {variable} (a key of plain letters, digits and signs; the one that is set" in told
    assert "nter22" not in told


def test_the_second_variable_of_a_key_is_named_where_it_is_the_wrong_one(desk: Desk) -> None:
    status, told = refused(desk, "gemini/gemini-omni-1.2-flash", {"GOOGLE_API_KEY": "ké"})
    assert (status, "set GOOGLE_API_KEY (a key of plain" in told) == (4, True)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("key = 'sk-hunter22'", "endpoints.gpu.key: a key never stands here; write key_env with the name"),
        ("key_env = 'AIzahunter22'", "endpoints.gpu.key_env: it takes the name of the variable that holds"),
        ("requests_a_minut = 3", "requests_a_minut: there is no such word here. Allowed: wire, base_url"),
        ("base_url = 'http://me:hunter22@h'", "it takes an address such as http://10.0.0.5:8091/v1, without"),
        ("models = 'Wan'", "endpoints.gpu.models: it takes a list of names"),
        ("operations_at_once = 2.5", "it takes a whole number from 1"),
        ("timeout_s = inf", "it takes a number of seconds above 0"),
        ("[endpoint.gpu]", "endpoint: there is no such word here. Allowed: endpoints, models"),
        ("[models.'a/b']\nread_on = 'yesterday'", "it takes a date such as 2026-11-01"),
        ("[models.'a/b']\nusd_per_second = 'cheap'", "models.a/b.usd_per_second: it takes an amount such as"),
        ("[models.'a/b']\nusd = 1", "models.a/b.usd: there is no such word here. Allowed: usd_per_second"),
    ],
)
def test_what_is_wrong_in_workbench_toml_is_said_in_words(tmp_path: Path, text: str, part: str) -> None:
    (tmp_path / "workbench.toml").write_text(f"[endpoints.gpu]\nwire = 'openai-videos'\n{text}\n")
    with pytest.raises(BadSetting) as raised:
        load(tmp_path, environ={})
    told = str(raised.value)
    assert part in told
    assert told.endswith("Mend these places.")
    assert "hunter22" not in told


def test_a_mark_before_the_first_letter_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "workbench.toml").write_bytes(b"\xef\xbb\xbf[endpoints.gpu]\nwire = 'openai-videos'\n")
    assert [each.name for each in load(tmp_path, environ={}).endpoints("openai-videos")] == ["gpu"]


@pytest.mark.parametrize("name", ["animatic", "vertex", "openai", "flow"])
def test_a_name_stands_for_one_endpoint(desk: Desk, name: str) -> None:
    folder = desk.folder / "log"
    folder.mkdir()
    (folder / "workbench.toml").write_text(f"[endpoints.{name}]\nwire = 'openai-videos'\n")
    done = desk.here("models")
    assert (done.returncode, done.stdout) == (2, "")
    assert_one_sentence(done.stderr, f"[endpoints.{name}] of workbench.toml takes the name of a built-in")


def test_models_asks_a_server_for_its_names_and_says_what_has_none(desk: Desk) -> None:
    unset = desk.here("models")
    assert_one_sentence(unset.stderr, "openai-videos is not set up: set OPENAI_VIDEOS_BASE_URL")
    with emulator("openai-videos")(dialect="sglang") as play:
        [name] = play.models
        listed = desk.here("models", "--json", **play.settings())
        assert f"openai-videos/{name}" in [model["model"] for model in records(listed.stdout)]
        assert listed.stderr == ""
    gone = desk.here("models", OPENAI_VIDEOS_BASE_URL="http://127.0.0.1:9/v1")
    assert_one_sentence(gone.stderr, "openai-videos lists no models. Name one yourself (--model openai-v")


def test_doctor_tells_a_price_that_is_never_met(desk: Desk) -> None:
    folder = desk.folder / "log"
    folder.mkdir()
    veo = "vertex/veo-3.1-generate-001"
    for text, ok, part in [
        ("[models.'vertx/veo']\nusd_per_second = 0.1\n", False, "no endpoint serves 'vertx/veo'"),
        (f"[models.'{veo}']\nusd_per_second = {{'720' = 1}}\n", False, f"{veo} has no resolution '720'"),
        (f"[models.'{veo}']\nusd_per_second = {{'720p' = 1}}\n", True, "prices or limits of 1 model"),
    ]:
        (folder / "workbench.toml").write_text(text)
        done = desk.here("doctor", "--json")
        assert done.returncode == (0 if ok else 1)
        [found] = [check for check in records(done.stdout) if check["name"] == "workbench.toml"]
        assert (found["ok"], found["detail"]) == (ok, part)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("VERTEX/veo-3.1-generate-001", "Did you mean vertex/veo-3.1-generate-001? `workbench models`"),
        ("veo-3.1-generate-01", "Did you mean vertex/veo-3.1-generate-001"),
        ("vertex/nope", "vertex serves: vertex/veo-3.1-fast-generate-001, vertex/veo-3.1-generate-001"),
        ("kling", "`workbench models` lists what each serves. Nothing was sent."),
    ],
)
def test_a_name_of_no_model_is_answered_with_what_may_be_meant(desk: Desk, name: str, part: str) -> None:
    status, told = refused(desk, name, {})
    assert (status, part in told) == (2, True), told
    assert len(told) < 500


def test_an_old_name_that_meant_a_ratio_keeps_it(desk: Desk) -> None:
    rows = desk.folder / "rows.csv"
    rows.write_text("prompt,model,ratio\na,veo-3.1,\nb,veo-3.1-landscape,\nc,veo-3.1,16:9\n")
    with desk.log() as log, open_batch(log, rows, model="", successor=True) as batch:
        ratios = [job.draft.request.settings["aspect_ratio"] for job in batch.jobs]
        assert ratios == ["9:16", "16:9", "16:9"]
        assert "is used in 9:16, as that name meant" in batch.jobs[0].note
    told = desk.here("generate", "--model", "veo-3.1", "--successor", "--prompt", "A lion", "--yes")
    assert told.returncode == 4
    assert_one_sentence(told.stderr, "vertex/veo-3.1-generate-001 is used in 9:16", "vertex is not set up")


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("x.xlsx", b"PK\x03\x04\x14\x00", "x.xlsx is a spreadsheet. Save it as “CSV UTF-8”"),
        ("x.csv", "prompt\nEin Löwe\n".encode("cp1252"), "is not UTF-8 (byte 12). Save it as “CSV UTF-8”"),
        ("x.csv", "prompt\nx\n".encode("utf-16"), "is not UTF-8 (byte 0)"),
        ("x.csv", b"", "x.csv is empty. Write at least one row"),
        ("x.csv", b"\xef\xbb\xbf \r\n", "x.csv is empty"),
        ("x.csv", b"prompt;seed\r\n;\r\n ; \r\n", "x.csv has only empty rows"),
        ("x.csv", b"prompt,seed,prompt\na,1,b\n", "x.csv has prompt as a column more than once"),
        ("x.csv", b"text\na\n", "x.csv has no column prompt"),
    ],
)
def test_a_file_that_is_no_batch(desk: Desk, name: str, content: bytes, part: str) -> None:
    (desk.folder / name).write_bytes(content)
    with desk.log() as log, pytest.raises(RequestError) as raised:  # noqa: SIM117
        with open_batch(log, desk.folder / name, model="fake/clip"):
            pass
    assert part in str(raised.value)
    assert str(raised.value).endswith("nothing was done.")


def test_a_table_from_a_german_spreadsheet(desk: Desk) -> None:
    """A mark, semicolons, umlauts, a line break in a cell, and the empty lines that it leaves below."""
    text = '\ufeffprompt;output\r\nEin Löwe;a/löwe.mp4\r\n"Zwei\nLöwen";\r\n;\r\n;\r\n'
    (desk.folder / "de.csv").write_bytes(text.encode())
    with desk.log() as log, open_batch(log, desk.folder / "de.csv", model="fake/clip") as batch:
        assert [(job.number, job.row.prompt, str(job.output)) for job in batch.jobs] == [
            (1, "Ein Löwe", "a/löwe.mp4"),
            (2, "Zwei\nLöwen", "row-002.mp4"),
        ]


def test_a_failed_batch_says_the_command_that_goes_on(desk: Desk) -> None:
    folder = desk.folder / "my rows"
    folder.mkdir()
    (folder / "rows.csv").write_text("prompt,output\nA lion,a.mp4\n")
    desk.script(submit_errors=["Rejected"])
    words = ["batch", "my rows/rows.csv", "--model", "fake/clip", "--yes", "--output-dir", "out"]
    done = desk.here(*words)
    assert done.returncode == 1
    assert_one_sentence(
        done.stderr,
        "rows.csv: 1 row, 1 to send.",
        "`workbench batch 'my rows/rows.csv' --output-dir out --retry-failed` sends them again",
    )


def test_only_what_can_be_found_is_said_to_be_looked_for(desk: Desk) -> None:
    for can_find in (True, False):
        desk.script(submit_errors=["OutcomeUnknown"], can_find=can_find)
        done = desk.here("generate", "--model", "fake/clip", "--prompt", f"A lion {can_find}", "--yes")
        assert done.returncode == 1
        assert ("`workbench find " in done.stderr) == can_find
        assert_one_sentence(done.stderr, "`workbench settle ", "with --close or --send-again decides.")


def test_a_card_says_what_to_do_what_it_costs_and_what_is_left_empty_is_left_out(desk: Desk) -> None:
    desk.script(submit_errors=["OutcomeUnknown"])
    desk.here("generate", "--model", "fake/clip", "--prompt", "A <b>lion</b>", "--yes")
    with desk.log() as log:
        [run] = log.runs()
        assert run.status is Status.UNCERTAIN
        card = run._repr_html_()
        assert f"wb.send_again(&#x27;{run.id}&#x27;)" in card
        assert "A &lt;b&gt;lion" in card
        frame = log.runs().to_dataframe()
        assert list(frame["emulated"]) == [False]
        assert list(frame["charge"]) == ["maybe"]
    shown = desk.here("show", run.id).stdout
    assert "Cost:" not in shown
    assert "Estimate:" in shown
