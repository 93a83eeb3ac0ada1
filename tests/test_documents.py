"""Every row of ``docs/documents.md`` is a claim about this program; here each is tried out.

A row's last cell holds commands in backticks (``takes vertex/veo-3.1-generate-001 duration_s=8``); the
functions below, one a verb, carry them out. What is said to be sent was sent: to an emulator, by the whole
workbench, once a session.

A long file, as the document is: its checks are read beside its rows.
"""

from __future__ import annotations

import importlib
import json
import re
import shlex
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
from immutabledict import immutabledict

from workbench.api import Workbench
from workbench.api.rows import read_rows
from workbench.cli.main import cli
from workbench.domain.capabilities import Capabilities, faults
from workbench.domain.errors import UnknownModel
from workbench.domain.media import Input, Media, Role
from workbench.domain.request import GenerationRequest
from workbench.domain.retired import OLD_FIELDS, renamed
from workbench.domain.run import Status
from workbench.emulators import footage
from workbench.emulators.book import Book
from workbench.emulators.wires import WIRES, emulator
from workbench.prompting.lint import lint
from workbench.prompting.use_cases import use_cases
from workbench.providers.http import refusals
from workbench.server.routes import OPERATIONS
from workbench.settings import load

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "documents.md"
TITLES = 5


@dataclass(frozen=True)
class Row:
    document: str
    says: str
    here: str
    proof: str

    @property
    def commands(self) -> list[str]:
        return [] if self.proof.startswith("planned") else re.findall(r"`([^`]+)`", self.proof)


def rows() -> Iterator[Row]:
    document = ""
    for line in PAGE.read_text().splitlines():
        if line.startswith("## "):
            document = line[3:].strip()
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if len(cells) == 3 and not set(cells[0]) <= {"-", " "} and cells[0] != "The document says":
            yield Row(document, *cells)


ROWS = list(rows())


def test_all_five_documents_are_there_and_every_row_has_a_proof_or_is_planned() -> None:
    documents = list(dict.fromkeys(row.document for row in ROWS))
    assert len(documents) == TITLES
    for row in ROWS:
        assert row.here, row
        assert row.commands or row.proof.startswith("planned"), row
        for command in row.commands:
            assert command.split()[0] in VERBS, f"{command!r}: no such verb"
        if not row.commands:  # a promise names its reason
            assert len(row.proof.partition(":")[2].strip()) > 15, row
    assert sum(row.proof.startswith("planned") for row in ROWS) < len(ROWS) / 8


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.document[:18]} – {row.says[:60]}")
def test_a_row_holds(row: Row, recordings: Recordings) -> None:
    for command in row.commands:
        verb, *words = shlex.split(command)
        VERBS[verb](recordings, *words)


# What the rows are tried out on


@cache
def bare() -> Workbench:
    """Nothing set up at all."""
    import tempfile

    return Workbench(settings=load(tempfile.mkdtemp(), environ={}))


def model(name: str) -> Capabilities:
    return bare().model(name)


def asked(name: str, *words: str) -> GenerationRequest:
    """``reference*3 duration_s=8``: inputs by role, settings by name, a prompt and all defaults."""
    found = model(name)
    inputs: list[Input] = []
    values: dict[str, Any] = {}
    request: dict[str, Any] = {"prompt": "A lion walks through tall grass at dawn."}
    for word in words:
        if "*" in word and word.partition("*")[0] in list(Role):
            role, _, count = word.partition("*")
            inputs += [Input(Role(role), _media(Role(role), n), n) for n in range(int(count))]
            continue
        key, _, text = word.partition("=")
        setting = found.setting(key)
        if key in ("prompt", "negative_prompt"):
            request[key] = text
        elif key == "seed":
            request[key] = int(text)
        else:
            values[key] = setting.parse(text) if setting else text
    return found.complete(
        GenerationRequest(name, inputs=tuple(inputs), settings=immutabledict(values), **request)
    )


def _media(role: Role, number: int) -> Media:
    sha256 = f"{role}{number}".encode().hex().ljust(64, "0")[:64]
    if role.is_clip:
        return Media(sha256, "video/mp4", 9_000, 1280, 720, duration_s=2.5, fps=24.0, codec="h264")
    return Media(sha256, "image/jpeg" if number % 2 else "image/png", 9_000, 1280, 720)


class Recordings:
    """What each wire's emulator received from the workbench. A wire is driven once, when first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._books: dict[str, Book] = {}

    def book(self, wire: str) -> Book:
        if wire not in self._books:
            self._books[wire] = self._drive(wire)
        return self._books[wire]

    def _drive(self, wire: str) -> Book:
        name, _, dialect = wire.partition(":")
        kind: Any = emulator(name)
        more = {"dialect": dialect} if dialect else {}
        folder = self._folder / wire.replace(":", "-")
        stills = [self._still(f"{folder.name}-{n}") for n in range(3)]
        with (
            kind(operation_s=0.05, **more) as play,
            Workbench(settings=load(folder, environ=play.settings())) as bench,
        ):
            first = bench.submit_many([bench.request(**r) for r in REQUESTS[wire](stills)])
            runs = bench.wait(first, timeout_s=60)
            if wire == "vertex":
                again = bench.request("It walks on", model=VEO, extend=runs[1], resolution="720p")
                runs += bench.wait([bench.submit(again)], timeout_s=60)
            assert {run.status for run in runs} == {Status.SUCCEEDED}, [run.outcome for run in runs]
            assert all(run.is_emulated for run in runs)
            book: Book = play.book
            return book

    def _still(self, name: str) -> Path:
        path = self._folder / f"{name}.png"
        path.write_bytes(footage.still(name, width=640, height=360))
        return path


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Recordings:
    return Recordings(tmp_path_factory.mktemp("documents"))


VEO = "vertex/veo-3.1-generate-001"
Asked = list[dict[str, Any]]


def _of_vertex(stills: list[Path]) -> Asked:
    return [
        {
            "prompt": "A lion",
            "model": VEO,
            "negative_prompt": "cartoon, drawing, low quality",
            "seed": 7,
            "duration_s": 4,
            "aspect_ratio": "9:16",
            "resolution": "720p",
            "number_of_videos": 2,
            "person_generation": "allow_all",
            "generate_audio": False,
            "enhance_prompt": False,
            "compression_quality": "lossless",
            "resize_mode": "crop",
        },
        {"prompt": "From here to there", "model": VEO, "first_frame": stills[0], "last_frame": stills[1]},
        {"prompt": "She walks", "model": VEO, "references": stills},
    ]


def _of_videos(stills: list[Path]) -> Asked:
    return [
        {"prompt": "A lion", "model": "openai-videos/veo-3.1-fast"},
        {
            "prompt": "From here to there",
            "model": "openai-videos/veo-3.1-fast-fl",
            "first_frame": stills[0],
            "last_frame": stills[1],
        },
    ]


def _of_flow(stills: list[Path]) -> Asked:
    return [
        {"prompt": "The cat walks", "model": "flow/veo_3_0_r2v_fast_ultra", "seed": 8465},
        {"prompt": "A cat", "model": "flow/veo_3_1_t2v_fast"},
        {"prompt": "A tall cat", "model": "flow/veo_3_1_t2v_fast_portrait"},
        {
            "prompt": "From here to there",
            "model": "flow/veo_3_1_i2v_s_fast_fl",
            "first_frame": stills[0],
            "last_frame": stills[1],
        },
    ]


REQUESTS: Mapping[str, Callable[[list[Path]], Asked]] = {
    "vertex": _of_vertex,
    "openai-videos:reseller": _of_videos,
    "openai-videos:openai": lambda _: [{"prompt": "A lion", "model": "openai-videos/sora-2"}],
    "flow": _of_flow,
}


def _fields(body: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """``a.b → value`` of JSON or a form; places in lists are left out of the path."""
    if isinstance(body, dict):
        for key, value in body.items():
            yield from _fields(value, f"{path}.{key}" if path else str(key))
    elif isinstance(body, list):
        for value in body:
            if hasattr(value, "filename"):
                yield value.name, value.text
            else:
                yield from _fields(value, path)
        yield path, ""
    else:
        yield path, str(body)
    if isinstance(body, dict) and path:
        yield path, ""


# The verbs


def lists(_: Recordings, name: str) -> None:
    """The model can be asked for."""
    assert model(name).model == name


def gone(_: Recordings, name: str, successor: str) -> None:
    """The name is answered with its successor and the command for it, and the successor is one that lives."""
    with pytest.raises(UnknownModel) as caught:
        bare().model(name)
    assert f"Use {successor}: workbench generate --model {successor}" in str(caught.value)
    assert model(successor).lifecycle.stage in ("live", "preview")


def takes(_: Recordings, name: str, *words: str) -> None:
    """A request with these inputs and settings is valid."""
    request = asked(name, *words)
    assert faults(request, model(name)) == ()


def refuses(_: Recordings, name: str, word: str, *more: str) -> None:
    """A request with the first of these is refused, for that field."""
    field = re.split(r"[*=]", word)[0]
    found = [fault for fault in faults(asked(name, word, *more), model(name)) if fault.field == field]
    assert found, faults(asked(name, word, *more), model(name))
    assert found[0].allowed


def renames(_: Recordings, name: str, old: str, new: str) -> None:
    """The old field is taken over under its new name."""
    (old_name, _, old_text), (new_name, _, new_text) = old.partition("="), new.partition("=")
    value: Any = int(old_text) if old_text.isdecimal() else old_text
    [(found, got)] = renamed({old_name: value}, model(name)).items()
    assert (found, str(got)) == (new_name, new_text)


def advises(_: Recordings, name: str, old: str, *words: str) -> None:
    """The old field is refused, and what to use now is told."""
    [fault] = [f for f in faults(asked(name, f"{old}=x"), model(name)) if f.field == old]
    for word in words:
        assert word in fault.allowed
    assert old in OLD_FIELDS


def option(_: Recordings, command: str, *flags: str) -> None:
    """The command has these options."""
    known = {o for p in cli.commands[command].params if isinstance(p, click.Option) for o in p.opts}
    assert set(flags) <= known


def commands(_: Recordings, name: str) -> None:
    assert cli.commands[name].help


def column(_: Recordings, name: str) -> None:
    """A batch file may have it: as a field of the request, not as a setting of some model."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.csv"
        file.write_text(f"prompt,{name}x\na,b\n".replace(f"{name}x", name if name != "prompt" else "seed"))
        [row], found = read_rows(file, {"model": "a/b"})
    assert found == []
    assert row.settings == {}


def sends(recordings: Recordings, wire: str, *wanted: str) -> None:
    """One request of the wire carried all of these fields (``a.b`` or ``a.b=value``)."""
    bodies = [set(_fields(request.body)) for request in recordings.book(wire).received]
    names = [{path for path, _ in body} for body in bodies]
    pairs = [tuple(word.partition("=")) for word in wanted]
    assert any(
        all((path, value) in body if sign else path in known for path, sign, value in pairs)
        for body, known in zip(bodies, names, strict=True)
    ), sorted({field for body in bodies for field in body if len(field[1]) < 60})


def twice(recordings: Recordings, wire: str, name: str) -> None:
    """One form carried two files of that name."""
    forms = [r.body for r in recordings.book(wire).received if isinstance(r.body, list)]
    assert any(sum(part.name == name and bool(part.content) for part in form) == 2 for form in forms)


def asks(recordings: Recordings, wire: str, method: str, path: str) -> None:
    """The workbench asked that path (``*`` for any part of it)."""
    seen = {(request.method, request.path) for request in recordings.book(wire).received}
    assert any(m == method and fnmatchcase(p, path) for m, p in seen), sorted(seen)


def carries(recordings: Recordings, wire: str, header: str, value: str) -> None:
    headers = [
        {name.lower(): text for name, text in r.headers.items()} for r in recordings.book(wire).received
    ]
    assert any(fnmatchcase(sent.get(header, ""), value) for sent in headers)


def means(_: Recordings, wire: str, word: str, outcome: str) -> None:
    """The wire's status word is read as that."""
    if wire == "flow":
        from workbench.providers.flow.wire import state as flow_state

        video = {"video": {"fifeUrl": "http://127.0.0.1/clip.mp4"}}
        said = {"operations": [{"status": word, "operation": {"name": "x", "metadata": video}}]}
        assert type(flow_state(said)).__name__.lower() == outcome
        return
    from workbench.providers.openai_videos import answers as read

    state = read.state({"id": "x", "status": word})
    assert (state.standing.name.lower(), state.is_known) == (outcome, True)


def reads(_: Recordings, body: str, link: str, share: str = "") -> None:
    """In such an answer of a /v1/videos server the clip's address (and the progress) is found."""
    from workbench.providers.openai_videos import answers as read

    assert read.link(json.loads(body)) == link
    assert not share or read.fraction(json.loads(body)) == float(share)


def answers(_: Recordings, status: str, error: str, seconds: str = "") -> None:
    """That HTTP status at submit is this error, which says what became of the money."""
    found = refusals.at_submit("the service", int(status), {"error": {"message": "no"}}, {})
    assert type(found).__name__ == error
    if seconds:
        assert found.retry_after_s == float(seconds)  # type: ignore[attr-defined]


def has(_: Recordings, where: str) -> None:
    """``module:Name.name`` exists."""
    module, _, path = where.partition(":")
    found: Any = importlib.import_module(module)
    for part in filter(None, path.split(".")):
        assert hasattr(found, part) or part in getattr(found, "__dataclass_fields__", {}), where
        found = getattr(found, part, None)


def equals(_: Recordings, where: str, value: str) -> None:
    module, _, name = where.partition(":")
    assert str(getattr(importlib.import_module(module), name)) == value


def waits(_: Recordings, name: str, seconds: str) -> None:
    """An operation is followed closely for at least that long."""
    assert model(name).timeout_s >= float(seconds)


def paces(_: Recordings, name: str, a_minute: str) -> None:
    assert model(name).a_minute == int(a_minute)


def costs(_: Recordings, name: str, usd: str, *words: str) -> None:
    assert model(name).price(asked(name, *words)) == int(Decimal(usd) * 1_000_000)


def needs(_: Recordings, endpoint: str, variable: str) -> None:
    """With nothing set up, the endpoint names the variable."""
    [provider] = [p for p in bare().endpoints() if p.endpoint == endpoint]
    assert any(variable in f"{m.variable} {m.what}" for m in provider.missing()), provider.missing()


def hints(_: Recordings, rule: str, text: str, negative: str = "") -> None:
    """The prompt gets that hint as it is typed."""
    found = lint(text, negative, model(VEO))
    assert rule in {hint.rule for hint in found}, [hint.rule for hint in found]


def lacks(_: Recordings, text: str) -> None:
    """No line of the program holds it (the table of old names aside, which refuses it)."""
    for path in (ROOT / "workbench").rglob("*.py"):
        if path.name != "retired.py":
            assert text.lower() not in path.read_text().lower(), path


def depends(_: Recordings, package: str) -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert any(re.match(rf"{re.escape(package)}\b(?!-)", line) for line in wanted)


def independent(_: Recordings, package: str) -> None:
    assert f'"{package}' not in (ROOT / "pyproject.toml").read_text()


def tried(_: Recordings, name: str) -> None:
    """A test of that name tries it out."""
    assert f"def {name}(" in _other_tests()


@cache
def _other_tests() -> str:
    return "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))


def route(_: Recordings, method: str, path: str) -> None:
    """The app answers it, and its document says so."""
    assert any((one.method, one.path) == (method, path) for one in OPERATIONS)


def cases(_: Recordings, *names: str) -> None:
    """Each is a built-in use case."""
    assert set(names) <= use_cases().keys()


def emulates(_: Recordings, wire: str) -> None:
    assert wire in WIRES
    assert emulator(wire).wire == wire


VERBS: Mapping[str, Callable[..., None]] = {
    verb.__name__: verb
    for verb in (
        lists,
        gone,
        takes,
        refuses,
        renames,
        advises,
        option,
        commands,
        column,
        sends,
        twice,
        asks,
        carries,
        means,
        reads,
        answers,
        has,
        equals,
        waits,
        paces,
        costs,
        needs,
        hints,
        lacks,
        depends,
        independent,
        tried,
        route,
        cases,
        emulates,
    )
}
