"""``Rebuilt``: what one model was asked, as rows of a sweep of another – with all that it has a place for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from immutabledict import immutabledict

from workbench.domain.capabilities import Capabilities
from workbench.domain.media import Input
from workbench.domain.request import GenerationRequest, Scalar
from workbench.domain.retired import gone, renamed
from workbench.domain.run import Run
from workbench.prompting.sweep_grid import FOLD, Wording
from workbench.prompting.sweep_rows import Row
from workbench.prompting.template import TemplateError, literal

_REPEATED = "It asks for the same as another run of the suite, with the same seed."


class Rebuilt:
    """``rows`` and, in the same order, ``sources``: the ids of the runs that they repeat. ``references`` are
    the sets of files that rows name.

    ``left_out`` says why runs have no row, ``dropped`` which settings rows go without; both count runs.
    """

    def __init__(
        self, model: Capabilities, old: str, settings: Mapping[str, Scalar], *, fold: bool = False
    ) -> None:
        """``settings`` go before those of the runs of ``old``; ``fold`` negative prompts into the prompt."""
        self._model, self._changed, self._fold = model, settings, fold
        known = gone(old)
        self._meant = known.settings if known else {}  # by the old name itself
        self._names: dict[tuple[Input, ...], str] = {(): ""}
        self._asked: set[str] = set()
        self.rows: list[Row] = []
        self.sources: list[str] = []
        self.left_out: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()

    @property
    def references(self) -> Mapping[str, tuple[Input, ...]]:
        return {name: inputs for inputs, name in self._names.items()}

    def add(self, run: Run) -> None:
        request = run.request.unfolded(run.adjustments)
        asked = run.id if request.seed is None else request.request_hash  # without a seed: another take
        if asked in self._asked:
            self.left_out[_REPEATED] += 1
            return
        if run.kind is not self._model.kind:
            self.left_out[f"{self._model.label} makes no {run.kind}."] += 1
            return
        try:
            wording = Wording(literal(request.prompt), literal(request.negative_prompt))
        except TemplateError as error:
            self.left_out[str(error)] += 1
            return
        self._asked.add(asked)
        self.sources.append(run.id)
        name = self._names.setdefault(request.inputs, f"set {len(self._names)}")
        number, fields = len(self.sources), self._fields(request)
        self.rows.append(Row(number, wording, self._model.model, request.seed, name, fields, immutabledict()))

    def _fields(self, request: GenerationRequest) -> Mapping[str, Scalar]:
        given = renamed({**self._meant, **request.settings}, self._model)
        kept = {name: value for name, value in given.items() if self._model.setting(name)}
        self.dropped.update(given.keys() - kept.keys() - self._changed.keys())
        found = {name: self._read(name, value) for name, value in {**kept, **self._changed}.items()}
        if (self._fold or request.fold_negative_prompt) and request.negative_prompt.strip():
            found[FOLD] = True
        return found

    def _read(self, name: str, value: Scalar) -> Scalar:
        """A number may be told as text, by the other model or on a command line."""
        setting = self._model.setting(name)
        return setting.parse(value) if setting and isinstance(value, str) else value
