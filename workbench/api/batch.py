"""``Batch``: a file of requests, checked as a whole, sent once, and taken up again where it stopped.

A batch is known in the log by the name of its file, and a row by what it asks for: run again, a row that
is done is not sent once more, one that is under way is collected, and one that failed waits for
``retry_failed``. A row that was changed is a new row. Moving the file changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from immutabledict import immutabledict

from workbench.api.drafting import Draft, draft
from workbench.api.inputs import Prepared, prepare
from workbench.api.results import LoggedRun
from workbench.api.rows import BadBatch, Row, RowFault, read_rows
from workbench.api.successors import Heir
from workbench.api.successors import heir as heir_of
from workbench.domain.capabilities import Capabilities, Setting
from workbench.domain.errors import InvalidRequest, RequestError, UnknownModel
from workbench.domain.media import Role
from workbench.domain.request import digest
from workbench.domain.retired import renamed
from workbench.domain.run import SUFFIXES, Kind, Origin, Parenthood, Status

if TYPE_CHECKING:
    from workbench.api.workbench import Workbench

SLOT = "batch row"  # under this name a run's origin carries which row it was made for
NAME = "Batch: {}"
_ROLES = {
    "first_frame": Role.FIRST_FRAME,
    "last_frame": Role.LAST_FRAME,
    "extend": Role.SOURCE_CLIP,
    "edit": Role.EDITED_CLIP,
    "references": Role.REFERENCE,
    "reference_clips": Role.REFERENCE_CLIP,
}
_PARENTHOODS = {"extend": Parenthood.EXTENSION, "edit": Parenthood.EDIT}
ULID_LENGTH = 26


@dataclass(frozen=True, slots=True)
class Job:
    """A row that has passed. ``run`` is the newest run that was made for it, where there is one.

    ``output`` is where its clip belongs, relative to the folder of outputs; ``key`` is what it asks for.
    """

    row: Row
    model: Capabilities
    draft: Draft
    key: str
    output: PurePosixPath
    parent: Origin
    run: LoggedRun | None = None
    note: str = ""

    @property
    def number(self) -> int:
        return self.row.number

    @property
    def has_failed(self) -> bool:
        return self.run is not None and self.run.status.is_final and self.run.status is not Status.SUCCEEDED


class Batch:
    """Checked rows, in the order of the file. Made by ``open_batch``."""

    def __init__(self, bench: Workbench, file: Path, jobs: Sequence[Job], experiment_id: str | None) -> None:
        self._bench = bench
        self.file = file
        self.jobs = tuple(jobs)
        self._experiment_id = experiment_id  # None: a new one, whatever there was

    def to_send(self, *, retry_failed: bool = False) -> list[Job]:
        """Rows without a run; with ``retry_failed`` those whose run ended without a clip, too."""
        return [job for job in self.jobs if job.run is None or (retry_failed and job.has_failed)]

    def send(self, jobs: Sequence[Job]) -> Batch:
        """Log a run for each of these rows, all or none, and return the batch as it then stands.

        Raises as ``Workbench.submit_many`` does, before anything is written, and ``RequestError`` where the
        same batch was sent from elsewhere since it was checked.
        """
        if not jobs:
            return self
        bench = self._bench
        requests = [bench.keep(job.draft, job.model) for job in jobs]
        experiment_id = self._experiment_id or self._begin()
        slots = [immutabledict({SLOT: job.key}) for job in jobs]
        origins = [
            replace(job.parent, experiment_id=experiment_id, slots=slot)
            for job, slot in zip(jobs, slots, strict=True)
        ]
        check = partial(self._check_still_open, jobs, experiment_id)
        ids = bench.submit_many(requests, origins, check=check)
        made = {job.number: bench.run(run_id) for job, run_id in zip(jobs, ids, strict=True)}
        now = [replace(job, run=made.get(job.number, job.run)) for job in self.jobs]
        return Batch(bench, self.file, now, experiment_id)

    def _check_still_open(self, jobs: Sequence[Job], experiment_id: str) -> None:
        """Looks while nobody else can write: two that were started together send a row once."""
        made = _made(self._bench, experiment_id)
        for job in jobs:
            if job.key in made and (job.run is None or made[job.key].id != job.run.id):
                raise RequestError(
                    f"Row {job.number} was sent meanwhile by another process (run {made[job.key].id}). Run "
                    f"the batch again to collect it; nothing was sent."
                )

    def _begin(self) -> str:
        plan = {"file": str(self.file), "rows": len(self.jobs)}
        name, experiments, now = (
            NAME.format(self.file.name),
            self._bench.store.experiments,
            self._bench.clock.now(),
        )
        if self._experiment_id is None:
            return experiments.create(name, "", plan, now).id
        return experiments.named(name, plan, now).id


@contextmanager
def open_batch(
    bench: Workbench,
    file: str | Path,
    *,
    model: str,
    defaults: Mapping[str, Any] = immutabledict(),
    successor: bool = False,
    again: bool = False,
) -> Iterator[Batch]:
    """Read and check a batch file; nothing is written. Its checked files are at hand inside the ``with``.

    ``defaults`` fill in what rows leave open (``negative_prompt``, ``seed``, ``fold_negative_prompt``,
    ``settings``). ``successor`` goes ahead with the successors of models that are gone. ``again`` forgets
    what was sent before. Raises ``BadBatch`` with every fault of every row, or ``RequestError``.
    """
    path = Path(file).expanduser().resolve()
    rows, faults = read_rows(path, {"model": model, **defaults})
    experiment_id = None if again else _experiment(bench, path)
    made = _made(bench, experiment_id)
    with TemporaryDirectory(prefix="workbench-batch-") as spool:
        checked = _Check(bench, path.parent, Path(spool), successor=successor)
        jobs = [job for row in rows if (job := checked.job(row, faults))]
        _check_outputs(rows, {job.number: job.model.kind for job in jobs}, faults)
        if faults:
            raise BadBatch(path.name, sorted(faults, key=lambda fault: fault.row))
        yield Batch(bench, path, [replace(job, run=made.get(job.key)) for job in jobs], experiment_id)


def _experiment(bench: Workbench, file: Path) -> str:
    name = NAME.format(file.name)
    return next((e.id for e in bench.store.experiments.all() if e.name == name), "")


def _made(bench: Workbench, experiment_id: str | None) -> dict[str, LoggedRun]:
    """The run of each row: one that has a clip, else the newest."""
    made: dict[str, LoggedRun] = {}
    for run in bench.runs(experiment=experiment_id) if experiment_id else ():
        key = run.origin.slots.get(SLOT, "")
        if key not in made or run.status is Status.SUCCEEDED:
            made[key] = run
    return made


class _Check:
    """Turns rows into jobs. A file that several rows name is read once."""

    def __init__(self, bench: Workbench, folder: Path, spool: Path, *, successor: bool) -> None:
        self._bench = bench
        self._folder = folder
        self._spool = spool
        self._successor = successor
        self._read: dict[tuple[Role, str], Prepared] = {}
        self._seen: Counter[str] = Counter()

    def job(self, row: Row, faults: list[RowFault]) -> Job | None:
        found: list[RowFault] = []
        heir = self._heir(row, found)
        model = heir.model if heir else None
        if heir:
            row = replace(row, settings=immutabledict({**heir.settings, **renamed(row.settings, heir.model)}))
        files: dict[str, list[Prepared]] = {}
        parent = Origin()
        for name, sources in row.files.items():
            files[name] = []
            for source in sources:
                try:
                    run = self._run(name, source)
                    files[name].append(self._prepared(name, source, run))
                    parent = Origin(run.id, _PARENTHOODS[name]) if run else parent
                except RequestError as error:
                    found.append(RowFault(row.number, name, str(error)))
        checked = self._draft(row, model, files, found) if model else None
        faults += [replace(fault, field=_written(row, fault.field)) for fault in found]
        if found or heir is None or checked is None:
            return None
        key, output = self._key(row, heir.model, files), _output(row, heir.model.kind)
        return Job(row, heir.model, checked, key, output, parent, note=heir.note)

    def _heir(self, row: Row, found: list[RowFault]) -> Heir | None:
        try:
            return heir_of(self._bench, row.model, wanted=self._successor)
        except UnknownModel as error:
            found.append(RowFault(row.number, "model", str(error)))
            return None

    def _run(self, name: str, source: str) -> LoggedRun | None:
        """The run of the log that ``extend`` or ``edit`` names."""
        if name not in _PARENTHOODS or len(source) != ULID_LENGTH or (self._folder / source).exists():
            return None
        return self._bench.run(source)

    def _prepared(self, name: str, source: str, run: LoggedRun | None) -> Prepared:
        role = _ROLES[name]
        if (role, source) not in self._read:
            is_address = source.startswith(("http://", "https://"))
            what = run or (source if is_address else self._folder / Path(source).expanduser())
            self._read[role, source] = self._spooled(prepare([(role, what)])[0])
        return self._read[role, source]

    def _spooled(self, prepared: Prepared) -> Prepared:
        """On disk instead of in memory: a batch may name thousands of pictures."""
        examined = prepared.examined
        if examined is None or isinstance(examined.content, Path):
            return prepared
        path = self._spool / f"{examined.media.sha256}.{examined.media.extension}"
        path.write_bytes(examined.content)
        return replace(prepared, examined=replace(examined, content=path))

    def _draft(
        self, row: Row, model: Capabilities, files: Mapping[str, list[Prepared]], found: list[RowFault]
    ) -> Draft | None:
        known = {setting.name: setting for setting in model.settings}
        media = {name: [p.media for p in prepared] for name, prepared in files.items()}
        single = {name: media[name][0] for name in _ROLES if not name.endswith("s") and media.get(name)}
        try:
            checked = draft(
                model,
                row.prompt,
                negative_prompt=row.negative_prompt,
                seed=row.seed,
                references=media.get("references", []),
                reference_clips=media.get("reference_clips", []),
                fold_negative_prompt=row.fold_negative_prompt,
                settings={name: _parsed(known.get(name), value) for name, value in row.settings.items()},
                **single,
            )
        except InvalidRequest as error:
            unread = bool(
                found
            )  # with a file missing, what the rest of the files lack is no fault of the row
            found += [
                RowFault(row.number, str(fault.field), str(fault))
                for fault in error.faults
                if not (unread and fault.field in list(Role))
            ]
            return None
        stored = [replace(p, position=n) for name in files for n, p in enumerate(files[name])]
        return Draft(checked.request, tuple(stored))

    def _key(self, row: Row, model: Capabilities, files: Mapping[str, list[Prepared]]) -> str:
        """What the row asks for, as it is written: defaults that change later make no new row of it.

        A file counts by its bytes, an address by itself. Rows that ask for the same are numbered.
        """
        inputs = {
            name: [
                source if source.startswith(("http://", "https://")) else prepared.media.sha256
                for source, prepared in zip(row.files[name], files[name], strict=True)
            ]
            for name in files
        }
        what = [model.model, row.prompt, row.negative_prompt, row.seed, row.fold_negative_prompt]
        texts = {name: str(value).lower() for name, value in row.settings.items()}
        key = digest([*what, texts, inputs])
        self._seen[key] += 1
        return key if self._seen[key] == 1 else f"{key}/{self._seen[key]}"


def _written(row: Row, field: str) -> str:
    """The row's own word for a field: ``start_frame`` for the role of the first frame, ``extend`` …"""
    known = next((name for name, role in _ROLES.items() if role == field), field)
    return row.written.get(known, known)


def _parsed(setting: Setting | None, value: Any) -> Any:
    return setting.parse(value.strip()) if setting and isinstance(value, str) else value


def _output(row: Row, kind: Kind) -> PurePosixPath:
    return PurePosixPath(row.output or f"row-{row.number:03}{SUFFIXES[kind][0]}")


def _check_outputs(rows: Sequence[Row], kinds: Mapping[int, Kind], faults: list[RowFault]) -> None:
    """Names stay inside the folder, end as the clip does, and are given once (whatever their case)."""
    first: dict[str, int] = {}
    for row in rows:
        kind = kinds.get(row.number)  # none for a row that is wrong elsewhere: any ending may be meant
        suffixes = SUFFIXES[kind] if kind else tuple(s for each in SUFFIXES.values() for s in each)
        name = _output(row, kind or Kind.VIDEO)
        text = str(name)
        if not text.isprintable() or len(text) > 200:
            wrong = f"{text!r:.80} is no name that a file should have. Allowed: a name such as lion.mp4."
            faults.append(RowFault(row.number, "output", wrong))
        elif name.is_absolute() or ".." in name.parts or any(c in text for c in "\\:"):
            wrong = f"{text!r:.80} leads out of the folder of outputs. Allowed: a name such as lion.mp4."
            faults.append(RowFault(row.number, "output", wrong))
        elif name.suffix.lower() not in suffixes:
            faults.append(RowFault(row.number, "output", f"{text!r} has to end in {' or '.join(suffixes)}."))
        elif (other := first.setdefault(text.casefold(), row.number)) != row.number:
            wrong = f"{text!r} is the output of row {other} already. Choose another name."
            faults.append(RowFault(row.number, "output", wrong))
