"""What a model accepts, as data: it draws the form, it validates the request, it prices the run.

Every fact that came from outside carries its source in ``Capabilities.sources`` (fact → where it was
read). Nothing anywhere else asks which model it is talking to.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from immutabledict import immutabledict

from workbench.domain.errors import Fault, InvalidRequest
from workbench.domain.media import Role
from workbench.domain.request import GenerationRequest, Scalar
from workbench.domain.retired import advice, told
from workbench.domain.run import Kind

PROMPT_LIMIT_BYTES = 32_768  # above any model's own limit; a larger text is a mistake, not a prompt


class Stage(StrEnum):
    PREVIEW = "preview"
    LIVE = "live"
    DEPRECATED = "deprecated"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """Where a model stands. ``ends_on`` is its retirement, past or announced."""

    stage: Stage = Stage.LIVE
    since: date | None = None
    ends_on: date | None = None
    successor: str = ""


@dataclass(frozen=True, slots=True)
class Setting(ABC):
    """One setting of a model. The four shapes below say what it may be.

    ``help`` is one line for the form. ``unit`` is shown behind the value (``s``).
    """

    name: str
    label: str
    default: Scalar
    help: str = ""
    unit: str = ""

    @abstractmethod
    def fault(self, value: Scalar) -> Fault | None:
        """What is wrong with ``value``; ``None`` when it may stand."""

    @property
    @abstractmethod
    def allowed(self) -> str:
        """The sentence that says what may stand here."""

    def parse(self, text: str) -> Scalar:
        """The value that ``text`` (from a command line or a table) means; the text itself if none."""
        return text


@dataclass(frozen=True, slots=True)
class Choice(Setting):
    """One of a few values."""

    values: tuple[Scalar, ...] = ()

    @property
    def allowed(self) -> str:
        return f"Allowed: {', '.join(f'{v} {self.unit}'.rstrip() for v in self.values)}."

    def fault(self, value: Scalar) -> Fault | None:
        if any(value == v and type(value) is type(v) for v in self.values):
            return None
        return Fault(self.name, f"{self.label} can't be {value!r:.60}.", self.allowed)

    def parse(self, text: str) -> Scalar:
        return next((v for v in self.values if str(v) == text), text)


@dataclass(frozen=True, slots=True)
class Whole(Setting):
    """A whole number between ``least`` and ``most``, both included."""

    least: int = 0
    most: int = 2**32 - 1

    @property
    def allowed(self) -> str:
        return f"Allowed: whole numbers from {self.least} to {f'{self.most} {self.unit}'.rstrip()}."

    def fault(self, value: Scalar) -> Fault | None:
        if isinstance(value, int) and not isinstance(value, bool) and self.least <= value <= self.most:
            return None
        return Fault(self.name, f"{self.label} can't be {value!r:.60}.", self.allowed)

    def parse(self, text: str) -> Scalar:
        digits = text.removeprefix("-")
        return int(text) if digits.isdecimal() and len(digits) < 20 else text


@dataclass(frozen=True, slots=True)
class Toggle(Setting):
    """Yes or no."""

    @property
    def allowed(self) -> str:
        return "Allowed: true or false."

    def fault(self, value: Scalar) -> Fault | None:
        if isinstance(value, bool):
            return None
        return Fault(self.name, f"{self.label} can't be {value!r:.60}.", self.allowed)

    def parse(self, text: str) -> Scalar:
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(
            text.lower(), text
        )


@dataclass(frozen=True, slots=True)
class Text(Setting):
    """Free text up to ``longest`` characters."""

    longest: int = 1_000

    @property
    def allowed(self) -> str:
        return f"Allowed: text up to {self.longest} characters."

    def fault(self, value: Scalar) -> Fault | None:
        return next(iter(_text_faults(self.name, self.label, value, self.longest)), None)


@dataclass(frozen=True, slots=True)
class RoleLimit:
    """How many inputs of a role a model takes, and of which types."""

    most: int
    mimes: tuple[str, ...]


IMAGES = ("image/png", "image/jpeg")
CLIPS = ("video/mp4",)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule across fields. ``broken_by(request)`` says whether the request breaks it."""

    field: str
    wrong: str
    allowed: str
    broken_by: Callable[[GenerationRequest], bool]


@dataclass(frozen=True, slots=True)
class SeedRange:
    least: int = 0
    most: int = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Everything a form, a validator or an estimate has to know of one model.

    ``price`` gives the estimated cost of a request in micro-dollars, ``None`` where no price is
    known; ``domain.price.Price`` is one, with its source. ``timeout_s`` is how long an operation is
    followed closely; later it is looked at now and then. ``at_once`` and ``a_minute`` limit this model
    beside the endpoint's own limits. ``prompt_limit_tokens`` is told where it is documented; no tokeniser is
    at hand, so it is advice. ``sound`` says that clips come with sound, unless the setting
    ``generate_audio`` turns it off. ``cautions`` are like ``rules`` and stop nothing: they say what the
    model would take and then ignore. ``can_find`` says that the provider lists its operations, so that one
    without an answer can be looked for. ``resubmit_is_safe`` says that a second submit
    under the same run id neither repeats work nor costs anything. ``local`` says that clips are rendered
    on this machine.
    """

    model: str
    label: str
    summary: str
    settings: tuple[Setting, ...]
    roles: Mapping[Role, RoleLimit] = field(default_factory=immutabledict)
    rules: tuple[Rule, ...] = ()
    cautions: tuple[Rule, ...] = ()
    kind: Kind = Kind.VIDEO
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    negative_prompt: bool = True
    prompt_required: bool = True
    prompt_limit_chars: int = 4_000
    prompt_limit_tokens: int | None = None
    sound: bool = False
    seed: SeedRange | None = field(default_factory=SeedRange)
    price: Callable[[GenerationRequest], int | None] = lambda _: None
    timeout_s: float = 900.0
    at_once: int | None = None
    a_minute: int | None = None
    resubmit_is_safe: bool = False
    can_cancel: bool = False
    can_find: bool = False
    local: bool = False
    sources: Mapping[str, str] = field(default_factory=immutabledict)

    @property
    def defaults(self) -> dict[str, Scalar]:
        return {setting.name: setting.default for setting in self.settings}

    def setting(self, name: str) -> Setting | None:
        return next((s for s in self.settings if s.name == name), None)

    def is_heard(self, settings: Mapping[str, Scalar] = immutabledict()) -> bool:
        """Whether a clip with these settings has sound; the model's defaults stand in for the others."""
        toggle = self.setting("generate_audio")
        return self.sound and (toggle is None or bool(settings.get(toggle.name, toggle.default)))

    def complete(self, request: GenerationRequest) -> GenerationRequest:
        """The request with every setting that it left open at the model's default."""
        return request.with_settings({**self.defaults, **request.settings})


def faults(request: GenerationRequest, model: Capabilities) -> tuple[Fault, ...]:
    """Every fault of ``request`` under ``model``, in the order of the form."""
    found: list[Fault] = []
    found += _text_faults("prompt", "Prompt", request.prompt, model.prompt_limit_chars)
    found += _text_faults(
        "negative_prompt", "Negative prompt", request.negative_prompt, model.prompt_limit_chars
    )
    if model.prompt_required and not str(request.prompt).strip() and not request.inputs:
        found.append(Fault("prompt", "The prompt is empty.", "Write what should be seen."))
    unfolded = str(request.negative_prompt).strip() and not request.fold_negative_prompt
    if unfolded and not model.negative_prompt:
        found.append(
            Fault(
                "negative_prompt",
                f"{model.label} has no negative prompt.",
                "Leave it empty, or let it be folded into the prompt (fold_negative_prompt=True, "
                "--fold-negative-prompt on the command line).",
            )
        )
    found += _seed_faults(request, model)
    found += _setting_faults(request, model)
    found += _input_faults(request, model)
    found += [Fault(r.field, r.wrong, r.allowed) for r in model.rules if r.broken_by(request)]
    if model.lifecycle.stage is Stage.RETIRED:
        use = told(model.lifecycle.successor) if model.lifecycle.successor else "Choose another model."
        when = f" on {model.lifecycle.ends_on}" if model.lifecycle.ends_on else ""
        found.append(Fault("model", f"{model.model} was retired{when}.", use))
    return tuple(found)


def validate(request: GenerationRequest, model: Capabilities) -> GenerationRequest:
    """The request completed with the model's defaults; ``InvalidRequest`` with every fault otherwise."""
    complete = model.complete(request)
    found = faults(complete, model)
    if found:
        raise InvalidRequest(found)
    return complete


def _text_faults(name: str, label: str, text: object, limit_chars: int) -> Iterable[Fault]:
    if not isinstance(text, str):
        allowed = f"Allowed: text up to {limit_chars:,} characters."
        yield Fault(name, f"{label} can't be {text!r:.60}.", allowed)
        return
    if "\0" in text:
        yield Fault(name, f"{label} holds a NUL character.", "Remove it; any other character is fine.")
    if any(0xD800 <= ord(c) <= 0xDFFF for c in text):
        yield Fault(name, f"{label} holds half of a character pair.", "Paste the text again as UTF-8.")
    elif len(text) > limit_chars:
        yield Fault(
            name,
            f"{label} is {len(text):,} characters long.",
            f"Allowed: up to {limit_chars:,} characters. Shorten it to what the camera should see.",
        )
    elif len(text.encode()) > PROMPT_LIMIT_BYTES:
        yield Fault(
            name,
            f"{label} is {len(text.encode()):,} bytes long as UTF-8.",
            f"Allowed: up to {PROMPT_LIMIT_BYTES:,} bytes. Shorten it to what the camera should see.",
        )


def _seed_faults(request: GenerationRequest, model: Capabilities) -> Iterable[Fault]:
    if request.seed is None:
        return
    if model.seed is None:
        yield Fault("seed", f"{model.label} has no seed.", "Leave it empty.")
    elif type(request.seed) is not int or not (model.seed.least <= request.seed <= model.seed.most):
        yield Fault(
            "seed",
            f"Seed can't be {request.seed!r:.60}.",
            f"Allowed: whole numbers from {model.seed.least} to {model.seed.most}.",
        )


def _setting_faults(request: GenerationRequest, model: Capabilities) -> Iterable[Fault]:
    known = {setting.name: setting for setting in model.settings}
    for name, value in request.settings.items():
        if name not in known:
            has = ", ".join(known) or "none"
            wrong, instead = f"{model.label} has no setting {name}.", advice(name, model)
            yield Fault(name, wrong, f"{instead} It has: {has}.".strip())
        elif fault := known[name].fault(value):
            yield fault


def _input_faults(request: GenerationRequest, model: Capabilities) -> Iterable[Fault]:
    for role in dict.fromkeys(i.role for i in request.inputs):
        given = request.inputs_as(role)
        limit = model.roles.get(role)
        if limit is None:
            accepted = ", ".join(r.label.lower() for r in model.roles) or "no media at all"
            yield Fault(role, f"{model.label} takes no {role.label.lower()}.", f"It takes: {accepted}.")
            continue
        if len(given) > limit.most:
            yield Fault(
                role,
                f"{len(given)} files are given as {role.label.lower()}.",
                f"Allowed: up to {limit.most}.",
            )
        for i in given:
            if i.media.mime not in limit.mimes:
                yield Fault(
                    role,
                    f"{role.label} can't be {i.media.mime}.",
                    f"Allowed: {', '.join(limit.mimes)}.",
                )
