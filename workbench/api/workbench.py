"""``Workbench``: the only façade. Pages, the command line, HTTP routes and notebooks all call it."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from workbench import settings as settings_module
from workbench.api import lost, sample, waiting
from workbench.api.directing import Directing
from workbench.api.drafting import Draft, draft
from workbench.api.ending import at_exit
from workbench.api.entering import as_logged, new_run, seeded
from workbench.api.exchange import Exchange
from workbench.api.holdups import holdups
from workbench.api.judged import Judged
from workbench.api.metrics import Gauging
from workbench.api.models import Models
from workbench.api.offering import DEFAULT_MODEL as DEFAULT_MODEL
from workbench.api.prompt_library import PromptLibrary
from workbench.api.replay_report import ReplayReporting
from workbench.api.results import LoggedRun, Progress
from workbench.api.retention import Retaining
from workbench.api.run_set import RunSet
from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import RunFailed
from workbench.domain.media import Role
from workbench.domain.query import RunFilter
from workbench.domain.request import GenerationRequest, Scalar
from workbench.domain.run import Json, Origin, Parenthood, Run, Status, is_of_emulator
from workbench.media.files import MediaFiles
from workbench.media.room import check_room
from workbench.providers.base import Found, Provider
from workbench.providers.registry import providers as find_providers
from workbench.providers.registry import readers as find_readers
from workbench.runner.clock import Clock, SystemClock
from workbench.settings import Settings
from workbench.store import NewRun, Store
from workbench.store.budget import spent_on_day
from workbench.store.db import MEDIA_FOLDER
from workbench.store.experiments import Experiment
from workbench.store.keys import AlreadyMade, Once
from workbench.store.runners import APP

if TYPE_CHECKING:
    from workbench.providers.readers import Reader
    from workbench.runner.runner import Runner


class Workbench(Directing, Gauging, Judged, PromptLibrary, ReplayReporting, Retaining, Exchange):
    """One data folder, its runs, and whatever drives them.

    ``folder`` goes before ``WORKBENCH_DATA``. ``app=True`` is for the app's own process: its runner takes
    every run of the folder; any other takes only the runs it is asked for, and leaves them to the app
    where that is up. Close it, or use it in a ``with``, to stop its runner.

    Raises a ``FolderError`` when the folder can't be used; nothing in it is changed then.
    """

    def __init__(
        self,
        folder: str | Path | None = None,
        *,
        settings: Settings | None = None,
        providers: Sequence[Provider] | None = None,
        readers: Sequence[Reader] | None = None,
        app: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self.settings = settings or settings_module.load(folder)
        self.store = Store(self.settings.data)
        self.files = MediaFiles(self.settings.data / MEDIA_FOLDER)
        self.clock = clock or SystemClock()
        self._providers = list(find_providers(self.settings) if providers is None else providers)
        self._readers = list(find_readers(self.settings) if readers is None else readers)
        self._models = Models(self._providers, self.settings)
        self._app = app
        self._runner: Runner | None = None
        self._guard = threading.Lock()

    def check_folder(self) -> None:
        """Raise a ``FolderError`` when a newer workbench or another machine has taken the folder over."""
        self.store.db.check()

    # Making runs

    def request(
        self,
        /,
        prompt: str,
        *,
        negative_prompt: str = "",
        model: str = DEFAULT_MODEL,
        seed: int | None = None,
        first_frame: object = None,
        last_frame: object = None,
        references: Iterable[object] = (),
        reference_clips: Iterable[object] = (),
        extend: object = None,
        edit: object = None,
        fold_negative_prompt: bool = False,
        **settings: Scalar,
    ) -> GenerationRequest:
        """A valid request, its files stored. Pictures may be a path, URL, bytes or PIL image.

        ``extend`` and ``edit`` take a run of this log, one of its clips, or an MP4. ``fold_negative_prompt``
        puts the negative prompt into the prompt of a model that has no other place for it. ``settings``
        are the model's own (``duration_s=4, aspect_ratio="16:9"`` …). Where the model has seeds and none is
        given, one is drawn, so that the log can name it. Raises ``InvalidRequest`` with every fault,
        ``BadMedia`` or ``UnknownModel`` before anything is written.
        """
        capabilities = self.model(model)
        checked = draft(
            capabilities,
            prompt,
            negative_prompt=negative_prompt,
            seed=seed,
            first_frame=first_frame,
            last_frame=last_frame,
            references=references,
            reference_clips=reference_clips,
            extend=extend,
            edit=edit,
            fold_negative_prompt=fold_negative_prompt,
            settings=settings,
        )
        return self.keep(checked, capabilities)

    def keep(self, checked: Draft, model: Capabilities) -> GenerationRequest:
        """The request of a draft, its files stored, and its seed drawn where it has none."""
        for p in checked.prepared:
            p.store(self.files)
            self.store.media.add(p.media, self.clock.now())  # with a row, no sweep takes it before the run
        return seeded(checked.request, model)

    def generate(
        self,
        prompt: str,
        *,
        on_progress: Callable[[Progress], Any] | None = None,
        timeout_s: float | None = None,
        on_repeat: str = "run",
        **request: Any,
    ) -> LoggedRun:
        """Make one clip and wait for it. Arguments as for ``request``.

        ``on_repeat="reuse"`` gives back the clip of an identical earlier request instead (without a seed:
        of the same arm). Raises ``RunFailed`` when no clip came, ``TimeoutError`` when ``timeout_s``
        passed first, or the model's own timeout – the run goes on, and ``wait([error.args[1]])`` collects
        it.
        """
        waiting.check_timeout(timeout_s)
        run_id, earlier = self._begin(prompt, on_repeat, request)
        if earlier:
            return earlier
        run = waiting.wait(self, [run_id], timeout_s=timeout_s, on_progress=on_progress)[0]
        return _with_clip(run)

    async def agenerate(
        self,
        prompt: str,
        *,
        on_progress: Callable[[Progress], Any] | None = None,
        timeout_s: float | None = None,
        on_repeat: str = "run",
        **request: Any,
    ) -> LoggedRun:
        """``generate`` for a running event loop, which it does not block."""
        waiting.check_timeout(timeout_s)
        run_id, earlier = self._begin(prompt, on_repeat, request)
        if earlier:
            return earlier
        runs = await waiting.wait_async(self, [run_id], timeout_s=timeout_s, on_progress=on_progress)
        return _with_clip(runs[0])

    def submit(self, request: GenerationRequest, origin: Origin | None = None) -> str:
        """Log the run and return its id at once; it is driven in the background."""
        return self.submit_many([request], origin)[0]

    def submit_many(
        self,
        requests: Iterable[GenerationRequest],
        origin: Origin | Sequence[Origin] | None = None,
        *,
        check: Callable[[], None] | None = None,
    ) -> list[str]:
        """Log all or none, and return their ids at once. ``origin`` is one for all, or one for each.

        ``check`` raises where nothing is to be logged after all; it looks while nobody else can write.

        Raises ``InvalidRequest``, ``BadMedia``, ``ProviderNotReady``, ``BudgetExceeded`` or ``FolderFull``
        before anything is written.
        """
        ids = self.enter(requests, origin, check=check)
        self.drive(ids)
        return ids

    def enter(
        self,
        requests: Iterable[GenerationRequest],
        origin: Origin | Sequence[Origin] | None = None,
        *,
        check: Callable[[], None] | None = None,
        once: Once | None = None,
    ) -> list[str]:
        """``submit_many`` up to the log: the runs are queued, and ``drive`` is still to be called.

        Of ``once`` the key is kept in the same transaction; one that was kept before gives back its runs.
        Raises ``KeyReused`` where those were asked for otherwise.
        """
        wanted = list(requests)
        origins = [origin or Origin()] * len(wanted) if isinstance(origin, Origin | None) else origin
        new = [self._new_run(*pair) for pair in zip(wanted, origins, strict=True)]
        check_room(self.settings.data)
        ids, now = [run.id for run in new], self.clock.now()

        def last_look() -> None:
            if once:
                self.store.keys.take(once, ids, now)
            if check:
                check()

        try:
            self.store.runs.insert(new, now, self._budget_micros(), last_look)
        except AlreadyMade as earlier:
            return list(earlier.run_ids)
        return ids

    def submit_as(self, run_id: str, request: GenerationRequest, origin: Origin) -> None:
        """``submit`` under an id that was drawn, and logged, before: it can't become two runs."""
        new = self._new_run(request, origin, run_id)
        check_room(self.settings.data)
        self.store.runs.insert([new], self.clock.now(), self._budget_micros())
        self.drive([run_id])

    def sample(self) -> Experiment:
        """Start the sample experiment: two prompts × three seeds on the embedded engine."""
        return sample.start(self)

    def wait(
        self,
        ids: Iterable[str],
        *,
        timeout_s: float | None = None,
        on_progress: Callable[[Progress], Any] | None = None,
        progress_bar: bool | None = None,
    ) -> list[LoggedRun]:
        """Wait until every run is final or uncertain; the failed ones come back too.

        ``progress_bar`` is shown in a terminal and in a notebook unless said otherwise.
        """
        return waiting.wait(
            self, list(ids), timeout_s=timeout_s, on_progress=on_progress, progress_bar=progress_bar
        )

    def drive(self, ids: Sequence[str]) -> None:
        """See to it that somebody drives these runs: the app where it is up, else this process."""
        now = self.clock.now()
        if self._app:
            self.runner().wake()
            return
        accounts = self.store.runs.busy_accounts(ids)
        served = {a: self.store.runners.app_serves(a, now) for a in set(accounts.values())}
        if ours := [run_id for run_id, account in accounts.items() if not served[account]]:
            self.runner().adopt(ours)

    @property
    def folder_fault(self) -> str:
        """Why the log can't be written by this process's runner just now; empty where it can."""
        return self._runner.folder_fault if self._runner else ""

    def resume(self, run_ids: Sequence[str] | None = None) -> list[str]:
        """Take up everything that is open (or these runs), waiting times dropped. Returns the runs' ids.

        An overdue run is followed closely for another timeout of its model.
        """
        ledger = self.store.ledger
        if run_ids is None:
            self.workflows.adopt()
        ids = ledger.open_ids() if run_ids is None else [self.store.runs.resolve(r) for r in run_ids]
        ledger.hurry(ids, self.clock.now())
        self.drive(ids)
        return ids

    def cancel(self, run_id: str) -> LoggedRun:
        """Ask for an end. What was not sent is cancelled at once; else the runner asks the provider."""
        self.store.ledger.request_cancel(self.store.runs.resolve(run_id), self.clock.now())
        if self._runner:
            self._runner.wake()
        return self.run(run_id)

    def close_uncertain(self, run_id: str) -> None:
        """An uncertain run that is not to be found with the provider: call it failed."""
        self.store.ledger.close_uncertain(run_id, self.clock.now())

    def close_lost(self, run_id: str) -> None:
        """A run that was sent from an account that nobody has any more: call it failed.

        What is known of its operation stays in the log. Raises ``RequestError`` for any other run.
        """
        lost.close(self, self.run(run_id))

    def find(self, run_id: str) -> list[Found]:
        """Operations with the provider that may be an uncertain run's, the likeliest first.

        Those that another run of the log holds are left out. Costs nothing. Raises ``RequestError`` where
        the provider lists none, ``ProviderNotReady``, ``Unavailable`` or ``AuthLapsed``.
        """
        return lost.found(self, self._models, self.run(run_id))

    def send_again(self, run_id: str) -> None:
        """Send an uncertain run once more, knowing that the first may have been charged.

        Raises ``BudgetExceeded`` where a second charge does not fit.
        """
        self.store.ledger.send_again(run_id, self.clock.now(), self._budget_micros())
        self.drive([run_id])

    def adopt_operation(self, run_id: str, operation: Json) -> None:
        """An uncertain run whose operation was found with the provider: collect it.

        Raises ``RequestError`` where another run of the log holds that operation.
        """
        check = partial(lost.check_free, self, self.run(run_id), operation)
        self.store.ledger.adopt(run_id, operation, self.clock.now(), check)
        self.drive([run_id])

    # Reading the log

    def run(self, run_id: str) -> LoggedRun:
        """By id or by a unique beginning of one. Raises ``UnknownRun``."""
        run = self.store.runs.get(run_id)
        held_up = self.holdups([run]).get(run.id)
        return LoggedRun.of(replace(run, blocked_reason=held_up) if held_up else run)

    def holdups(self, runs: Sequence[Run]) -> dict[str, str]:
        """Run id → what it waits for, in words, of those of these that are queued and wait."""
        return holdups(self.store, self._providers, self._models, runs, self.clock.now())

    def runs(
        self,
        text: str = "",
        *,
        model: str = "",
        status: Status | str | Sequence[Status | str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        rating_least: float | None = None,
        experiment: str = "",
        deleted: bool = False,
    ) -> RunSet:
        """Runs that match, newest first; read as they are asked for."""
        return RunSet(self.store).where(
            text,
            model=model,
            status=status,
            since=since,
            until=until,
            rating_least=rating_least,
            experiment=experiment,
            deleted=deleted,
        )

    def counts(self) -> dict[tuple[str, Status], int]:
        """Runs by (model, status)."""
        return self.store.runs.counts()

    def spending(self) -> int:
        """Micro-dollars that today's runs (UTC) cost or may still cost, as the budget counts them."""
        return spent_on_day(self.store.db.read(), self.clock.now())

    def repeats(self, request: GenerationRequest) -> list[Run]:
        """Earlier runs of the identical request that have a clip, newest first, twenty at most.

        What an emulator made is none of the service's, and the other way round.
        """
        logged = as_logged(request, self.model(request.model))
        return list(islice(self._with_clips(logged, request_hash=logged.request_hash), 20))

    def repeat_count(self, run: Run) -> int:
        """How often the identical request was run, this run included, outside the bin."""
        return self.store.runs.repeats(run.request.request_hash)

    # Life

    def runner(self) -> Runner:
        """This process's runner, started."""
        from workbench.runner.runner import Runner  # with NumPy, Pillow and PyAV: not for who only reads

        with self._guard:
            # A forked child has its parent's runner without the thread that ran it.
            if self._runner is None or self._runner.process != os.getpid():
                kind = APP if self._app else "caller"
                self._runner = Runner(
                    self.store,
                    self.files,
                    self._providers,
                    kind=kind,
                    clock=self.clock,
                    model_of=self._models.of,
                )
                at_exit(self.close)
            self._runner.start()
            return self._runner

    def close(self) -> None:
        """Finish what is being sent and stop; what is open stays in the log for whoever comes next."""
        atexit.unregister(self.close)
        self.workflows.close()
        self.stop_measuring()
        with self._guard:
            if self._runner and self._runner.process == os.getpid():
                self._runner.stop()
            self._runner = None
        self.store.close()

    def __enter__(self) -> Workbench:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Inside

    def _begin(self, prompt: str, on_repeat: str, arguments: dict[str, Any]) -> tuple[str, LoggedRun | None]:
        if on_repeat not in ("run", "reuse"):
            raise ValueError(f"on_repeat is {on_repeat!r}; it takes 'run' or 'reuse'.")
        for name in ("extend", "edit"):
            source = arguments.get(name)
            if isinstance(source, str) and len(source) == ULID_LENGTH and not Path(source).exists():
                arguments[name] = self.run(source)
        extend, edit = arguments.get("extend"), arguments.get("edit")
        request = self.request(prompt, **arguments)
        if on_repeat == "reuse" and (earlier := self._earlier(request, seeded="seed" in arguments)):
            return earlier.id, earlier
        going_on = {Parenthood.EDIT: edit, Parenthood.EXTENSION: extend}
        origins = [Origin(run.id, how) for how, run in going_on.items() if isinstance(run, Run)]
        return self.submit(request, origins[-1] if origins else None), None

    def _earlier(self, request: GenerationRequest, *, seeded: bool) -> LoggedRun | None:
        request = as_logged(request, self.model(request.model))
        same = {"request_hash": request.request_hash} if seeded else {"arm_hash": request.arm_hash}
        return next(self._with_clips(request, **same), None)

    def _with_clips(self, request: GenerationRequest, **same: str) -> Iterator[LoggedRun]:
        is_emulated = is_of_emulator(self._models.named(request.model)[1].account)
        for run in RunSet(self.store, RunFilter(status=(Status.SUCCEEDED,), **same)):  # type: ignore[arg-type]
            # Of what was asked: the hash in the row may have come with an archive, and claim anything.
            is_same = all(getattr(run.request, name) == hash_ for name, hash_ in same.items())
            if is_same and run.clips and run.is_emulated == is_emulated:
                yield run

    def _new_run(self, request: GenerationRequest, origin: Origin, run_id: str = "") -> NewRun:
        model, provider = self._models.named(request.model)
        if origin.parent_id is None:
            origin = self._goes_on(request, origin, provider.account)
        return new_run(request, origin, model, provider, self.path, self.clock.now(), run_id)

    def _goes_on(self, request: GenerationRequest, origin: Origin, account: str) -> Origin:
        """With the run whose clip is extended or edited, where that clip is of this log."""
        for role, parenthood in GOES_ON.items():
            for source in request.inputs_as(role):
                if maker := self.store.runs.maker_of(source.media.sha256, account):
                    return replace(origin, parent_id=maker, parenthood=parenthood)
        return origin

    def _budget_micros(self) -> int | None:
        cap = self.settings.budget_usd
        return None if cap is None else int(cap * Decimal(1_000_000))


ULID_LENGTH = 26
GOES_ON = {Role.SOURCE_CLIP: Parenthood.EXTENSION, Role.EDITED_CLIP: Parenthood.EDIT}


def _with_clip(run: LoggedRun) -> LoggedRun:
    if run.status.is_busy:
        raise TimeoutError(f"{run.outcome} Or call resume() and then wait([id]) on its id.", run.id)
    if run.status is not Status.SUCCEEDED:
        raise RunFailed(run)
    return run
