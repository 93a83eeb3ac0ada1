"""``Scripting``: the part of the façade from references to a prompt – shelve, look, write, rewrite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from immutabledict import immutabledict

from workbench.api.inputs import each, found_out, prepare
from workbench.api.inspecting import Inspecting
from workbench.api.looking import Looking
from workbench.api.offering import Offering
from workbench.api.reading import FREE, Estimate, Reading
from workbench.domain.brief import BY_MEASURE, Brief
from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import RequestError
from workbench.domain.media import Media, Role
from workbench.domain.reference import Reference
from workbench.domain.request import Scalar
from workbench.domain.run import Clip, Run
from workbench.domain.writing import BY_RULE, Written
from workbench.settings import Settings

if TYPE_CHECKING:
    from pydantic import BaseModel

    from workbench.prompting.asking import Asking
    from workbench.prompting.lint_pictures import Remark
    from workbench.prompting.use_cases import UseCase
    from workbench.providers.base import Missing
    from workbench.providers.readers import Reader, ReaderModel

MOST_PICTURES = 3
LOOK_BY, WRITE_BY = "WORKBENCH_LOOK_MODEL", "WORKBENCH_WRITE_MODEL"
MOST_VARIANTS = 8


class Scripting(Offering):
    """``Workbench`` adds everything that makes runs."""

    settings: Settings
    _readers: Sequence[Reader]

    # References

    def shelve(self, source: object, name: str = "", *, clip: bool | None = False) -> Reference:
        """Keep a picture (or with ``clip`` an MP4) by name: a path, URL, bytes, PIL image, run or clip.

        With ``clip=None`` the first bytes say which of the two it is. Raises ``BadMedia`` or
        ``RequestError`` before anything is written.
        """
        if isinstance(source, Reference):
            return source
        found, clip = (source, clip) if clip is not None else found_out(source)
        role = Role.REFERENCE_CLIP if clip else Role.REFERENCE
        (prepared,) = prepare([(role, found)], names=[name])
        prepared.store(self.files)
        own_name, origin = _named(source, prepared.media)
        return self.store.shelf.put(prepared.media, name.strip() or own_name, origin, self.clock.now())

    def shelve_frame(self, clip: Run | Reference, at_s: float) -> Reference:
        """Keep the picture that a run's clip, or a clip of the shelf, shows ``at_s`` seconds after its start.

        Raises ``RequestError`` or ``BadMedia``.
        """
        from PIL import Image

        from workbench.media.poster import frame_at

        if isinstance(clip, Run) and clip.clip is None:
            raise RequestError(f"Run {clip.id} is {clip.status} and has no clip to take a picture of.")
        media = clip.media if isinstance(clip, Reference) else clip.clip.media  # type: ignore[union-attr]
        own_name = clip.name if isinstance(clip, Reference) else f"run {clip.id[-6:]}"
        (prepared,) = prepare([(Role.REFERENCE, Image.fromarray(frame_at(self.path(media), at_s)))])
        prepared.store(self.files)
        name = f"{own_name} at {at_s:.2f} s"
        return self.store.shelf.put(prepared.media, name, own_name, self.clock.now())

    def shelf(self, text: str = "", *, limit: int = 60, offset: int = 0) -> list[Reference]:
        """References that are kept, the newest first; ``text`` narrows it to names."""
        return self.store.shelf.page(limit, offset, text)

    def reference(self, sha256: str) -> Reference | None:
        return self.store.shelf.get(sha256)

    def rename_reference(self, sha256: str, name: str) -> None:
        if not name.strip():
            raise RequestError("A reference needs a name. Give it a word or two.")
        self.store.shelf.rename(sha256, name.strip()[:200])

    def remove_reference(self, sha256: str) -> None:
        """Off the shelf; runs that use the file keep it, and ``put_back_reference`` undoes it."""
        self.store.shelf.remove(sha256, self.clock.now())

    def put_back_reference(self, media: Media) -> Reference:
        return self.store.shelf.put(media, media.sha256[:12], "", self.clock.now())

    def picture_remarks(
        self,
        pictures: Sequence[tuple[str, Role, Media]],
        model: Capabilities,
        settings: Mapping[str, Scalar],
    ) -> tuple[Remark, ...]:
        """What speaks against them as references of ``model``; each with what to call it, and its role."""
        return self.inspecting.remarks(pictures, model, settings)

    @cached_property
    def inspecting(self) -> Inspecting:
        return Inspecting(self.files)

    def check_readers(self, look_by: str, write_by: str) -> None:
        """Raises ``UnknownModel`` or ``ProviderNotReady``, before anything is asked."""
        for name, otherwise in ((look_by, BY_MEASURE), (write_by, BY_RULE)):
            if name != otherwise:
                self.reading.named(name)

    # Looking

    @cached_property
    def reading(self) -> Reading:
        return Reading(self._readers, self.store.asks, self.clock, self.settings)

    def readers(self, *, ready_only: bool = False) -> list[ReaderModel]:
        """Models that look and write, those that are set up first. Measures and rules need none."""
        return self.reading.models(ready_only=ready_only)

    def missing_to_read(self, model: str) -> Sequence[Missing]:
        """What has to be set before ``model`` can look or write; nothing for measures and rules.

        Raises ``UnknownModel``.
        """
        return () if model in (BY_MEASURE, BY_RULE) else self.reading.missing(model)

    def look_price(self, media: Sequence[Media], model: str) -> Estimate:
        """What a look at these files should cost at most; what was answered before costs nothing."""
        return FREE if model == BY_MEASURE else self.looking.price(media, model)

    def write_price(self, text_bytes: int, model: str) -> Estimate:
        """What writing should cost at most, from material of about so many bytes (``reading.bytes_of``)."""
        return FREE if model == BY_RULE else self.reading.price(model, text_bytes)

    def look_by(self, *, clip: bool = False) -> str:
        """The model that looks unless another is named: the one of the settings, else the first that is set
        up – with ``clip`` one that takes clips –, else the measures.
        """
        return self._chosen(LOOK_BY, BY_MEASURE, clip=clip)

    def write_by(self) -> str:
        """The model that writes unless another is named; the rules where none is set up."""
        return self._chosen(WRITE_BY, BY_RULE)

    def look(
        self,
        references: object = (),
        *,
        video: object = None,
        model: str | None = None,
        anew: bool = False,
    ) -> Brief:
        """What can be seen in up to three pictures and a clip, merged. They are kept on the shelf.

        ``model`` is ``endpoint/model`` or ``local/measure``. What was seen once is not asked for again
        unless ``anew``. Raises ``RequestError`` or ``BadMedia`` before anything is asked, ``BudgetExceeded``,
        ``ProviderNotReady``, or a ``ProviderError`` that says what may have been charged.
        """
        media = self.shelved(references, video)
        return self.looking.brief(media, model or self.look_by(clip=media[-1].is_video), anew=anew)

    def shelved(self, references: object, video: object = None) -> list[Media]:
        """The files of one to three pictures, and of a clip, all kept. Raises before anything is written."""
        pictures = each(references)
        if len(pictures) > MOST_PICTURES:
            raise RequestError(
                f"{len(pictures)} pictures are given to look at. Allowed: one to {MOST_PICTURES}, and a clip."
            )
        if not pictures and video is None:
            raise RequestError("There is nothing to look at. Give one to three pictures, or a clip.")
        sources = [(Role.REFERENCE, _source(one)) for one in pictures]
        if video is not None:
            sources.append((Role.REFERENCE_CLIP, _source(video)))
        kept = []
        for (_, source), prepared in zip(sources, prepare(sources), strict=True):
            prepared.store(self.files)
            name, origin = _named(source, prepared.media)
            kept.append(self.store.shelf.put(prepared.media, name, origin, self.clock.now()).media)
        return list({media.sha256: media for media in kept}.values())

    @cached_property
    def looking(self) -> Looking:
        return Looking(self.store, self.files, self.reading, self.clock)

    # Writing

    def use_cases(self) -> Mapping[str, UseCase]:
        """Name → use case: the built-in ones and those of ``workbench.toml``."""
        from workbench.prompting.use_cases import use_cases

        return use_cases(self.settings.written.use_cases)

    def write(
        self,
        brief: Brief,
        *,
        model: str,
        use_case: str = "general",
        extra: str = "",
        by: str | None = None,
        settings: Mapping[str, Scalar] = immutabledict(),
        anew: bool = False,
    ) -> Written:
        """A prompt and negative prompt for ``model`` from what was seen. ``by`` writes: a model, or
        ``local/rules``. ``extra`` are instructions in one's own words. Raises as ``look``.
        """
        from workbench.prompting.writer import ask_write, read_written, write

        target, case = self.model(model), self.use_case(use_case)
        by = by or self.write_by()
        if by == BY_RULE:
            return write(brief, case, target, extra, settings)
        parsed = self._asked("write", by, ask_write(brief, case, target, extra, settings), anew=anew)
        return read_written(parsed, by, target)

    def use_case(self, name: str) -> UseCase:
        """Raises ``RequestError``, naming what there is."""
        known = self.use_cases()
        if name not in known:
            raise RequestError(f"There is no use case {name!r:.60}. Allowed: {', '.join(known)}.")
        return known[name]

    def improve(
        self,
        prompt: str,
        negative_prompt: str = "",
        *,
        model: str,
        by: str | None = None,
        use_case: str | None = None,
        settings: Mapping[str, Scalar] = immutabledict(),
    ) -> Written:
        """The same intent in the words that ``model`` reads best; to be accepted, edited or refused.

        ``use_case`` fills what the prompt leaves open.
        """
        from workbench.prompting.rewriting import ask_improve, improve, read_rewritten

        target, by = self.model(model), by or self.write_by()
        case = self.use_case(use_case) if use_case else None
        if by == BY_RULE:
            return improve(prompt, negative_prompt, target, case, settings)
        parsed = self._asked("improve", by, ask_improve(prompt, negative_prompt, target, case, settings))
        return read_rewritten(parsed, by, target)

    def vary(
        self,
        prompt: str,
        negative_prompt: str = "",
        *,
        axis: str,
        count: int = 3,
        model: str,
        by: str | None = None,
        settings: Mapping[str, Scalar] = immutabledict(),
    ) -> list[Written]:
        """``count`` prompts that differ in one thing: ``axis`` (camera, light, style …)."""
        from workbench.prompting.rewriting import ask_vary, read_variants, vary

        if not 1 <= count <= MOST_VARIANTS:
            raise RequestError(f"{count} variants can't be made at once. Allowed: 1 to {MOST_VARIANTS}.")
        target, by = self.model(model), by or self.write_by()
        if by == BY_RULE:
            return list(vary(prompt, negative_prompt, axis, count, target, settings))
        parsed = self._asked("vary", by, ask_vary(prompt, negative_prompt, axis, count, target, settings))
        return list(read_variants(parsed, by, target))

    def translate(
        self, prompt: str, negative_prompt: str = "", *, model: str, by: str | None = None
    ) -> Written:
        """Into English, the language that models are trained for. Needs a model: rules can't translate."""
        from workbench.prompting.rewriting import ask_translate, read_rewritten

        target, by = self.model(model), by or self.write_by()
        if by == BY_RULE:
            raise RequestError(
                "Translating needs a model that writes. Set OPENAI_API_KEY or GEMINI_API_KEY and start "
                "again, or write the prompt in English."
            )
        parsed = self._asked("translate", by, ask_translate(prompt, negative_prompt, target))
        return read_rewritten(parsed, by, target)

    # Inside

    def _asked(self, purpose: str, by: str, asking: Asking, *, anew: bool = False) -> BaseModel:
        from workbench.providers.readers import Question

        question = Question(by, asking.instructions, asking.text, asking.shape)
        return self.reading.ask(purpose, question, anew=anew).parsed

    def _chosen(self, variable: str, otherwise: str, *, clip: bool = False) -> str:
        if named := self.settings.environment.get(variable, "").strip():
            return named
        ready = self.reading.models(ready_only=True)
        fit = [model for model in ready if model.sees_clips] if clip else ready
        return next((model.model for model in (*fit, *ready)), otherwise)


def _source(source: object) -> object:
    return source.media if isinstance(source, Reference) else source


def _named(source: object, media: Media) -> tuple[str, str]:
    """A name for the shelf, and where it came from."""
    match source:
        case str() if source.startswith(("http://", "https://")):
            address = urlsplit(source)
            return address.path.rpartition("/")[2] or str(address.hostname), str(address.hostname)
        case Run():
            return f"run {source.id[-6:]}", f"run {source.id[-6:]}"
        case Clip():
            return f"a clip, {media.sha256[:6]}", "a run"
        case _ if name := getattr(source, "name", "") or (source if isinstance(source, str) else ""):
            return str(name).replace("\\", "/").rpartition("/")[2][:200], "a file"
    return f"{'clip' if media.is_video else 'picture'} {media.sha256[:6]}", "an upload"
