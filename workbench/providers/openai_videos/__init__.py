"""Servers of the ``/v1/videos`` shape: LiteLLM, vLLM-Omni, SGLang, resellers; any number, each with a name.

Spoken over a plain HTTP client and not through the ``openai`` package (openai 3.52.0, measured): its
``videos.create`` posts up to three times on 408, 409, 429, 5xx and a dropped connection, without a key by
which a server could tell; its ``videos.poll`` takes the status ``processing`` for the end; it names two
pictures ``input_reference[]``, which these servers do not know; and all of it is marked as deprecated.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import (
    FailureReason,
    OperationGone,
    OutcomeUnknown,
    ProviderError,
    Unavailable,
)
from workbench.domain.request import GenerationRequest
from workbench.domain.run import Charge, Json
from workbench.providers.accounts import account
from workbench.providers.base import (
    Failed,
    Fetched,
    Finished,
    Found,
    Missing,
    Poll,
    Probe,
    Provider,
    RemoteClip,
    Running,
    Submission,
)
from workbench.providers.http.downloads import LinkRefused, NotAFile, download
from workbench.providers.http.masking import masked
from workbench.providers.http.origin import Answer, Origin
from workbench.providers.http.refusals import afterwards, at_submit, in_words, is_safety
from workbench.providers.openai_videos import answers
from workbench.providers.openai_videos.address import base_url
from workbench.providers.openai_videos.answers import Standing
from workbench.providers.openai_videos.content import Look, is_refusal, look
from workbench.providers.openai_videos.dialects import Dialect, dialect
from workbench.providers.openai_videos.models import capabilities, family, only_videos
from workbench.providers.openai_videos.payload import as_form, as_json, fields, files, is_form
from workbench.providers.openai_videos.shelf import Shelf
from workbench.providers.sendable import wrong_key
from workbench.settings import EndpointSettings, Settings

WIRE = "openai-videos"
AT_ONCE = 4
SUBMIT_TIMEOUT_S = 300.0  # a gateway may hold the request until the service behind it has accepted
POLL_EVERY_S = 2.0
NEAR_POLL_S = 0.25  # one's own server: a question costs nobody anything
CLOCKS_APART = timedelta(minutes=5)
_PAGE, _MOST_PAGES = 100, 20


def endpoints(settings: Settings) -> list[OpenAIVideos]:
    """``openai-videos`` of the environment, and each ``[endpoints.NAME]`` of that wire.

    Raises ``BadSetting`` for an address or a dialect that can't be used.
    """
    written = settings.endpoints(WIRE)
    found = [OpenAIVideos(settings, each, f"[endpoints.{each.name}]") for each in written]
    if all(each.name != WIRE for each in written):
        found.insert(0, OpenAIVideos(settings, _of_environment(settings), ""))
    return found


def _of_environment(settings: Settings) -> EndpointSettings:
    return EndpointSettings(
        name=WIRE,
        wire=WIRE,
        base_url=settings.secret("OPENAI_VIDEOS_BASE_URL"),
        key_env="OPENAI_VIDEOS_API_KEY",
        dialect=settings.secret("OPENAI_VIDEOS_DIALECT"),
    )


class OpenAIVideos(Provider):
    """One server. ``section`` is its place in ``workbench.toml``, empty for the one of the environment."""

    def __init__(self, settings: Settings, endpoint: EndpointSettings, section: str) -> None:
        self.endpoint = endpoint.name
        self.at_once = endpoint.at_once or AT_ONCE
        self.a_minute = endpoint.a_minute
        self.dialect: Dialect = dialect(
            endpoint.dialect, f"dialect of {section}" if section else "OPENAI_VIDEOS_DIALECT"
        )
        self.patience_s = 20.0  # between "completed" and the clip
        self._done_since: dict[str, float] = {}
        self._section = section
        self._base_variable = f"base_url of {section}" if section else "OPENAI_VIDEOS_BASE_URL"
        self._settings = replace(endpoint, base_url=base_url(endpoint.base_url, self._base_variable))
        self._written = settings.written.models
        self._known: dict[str, Capabilities] = {}
        self._key = settings.secret(endpoint.key_env)
        self.account = account(endpoint.name, self._settings.base_url, self._key)
        self._shelf = Shelf(settings.data, endpoint.name, self.account)
        self._origin = Origin(endpoint.name, self._settings.base_url, self._headers, (self._key,))
        self.poll_every_s = NEAR_POLL_S if self._origin.nearness else POLL_EVERY_S

    async def _headers(self) -> Mapping[str, str]:
        return {"authorization": f"Bearer {self._key}"} if self._key else {}

    # What it offers

    def secrets(self) -> Collection[str]:
        return (self._key,)

    def models(self) -> Sequence[Capabilities]:
        names = dict.fromkeys([*self._settings.models, *self._shelf.read()])
        return [self._capabilities(name) for name in names]

    def model(self, name: str) -> Capabilities | None:
        """Any name: such a server often serves more than it lists, or lists nothing."""
        endpoint, _, bare = name.partition("/")
        return self._capabilities(bare) if endpoint == self.endpoint and bare.strip() else None

    def _capabilities(self, name: str) -> Capabilities:
        known = self._known.get(name)
        if known is None:  # the runner asks at every poll
            written = self._written.get(f"{self.endpoint}/{name}")
            known = self._known[name] = capabilities(self._settings, name, self.dialect, written)
        return known

    def missing(self) -> Sequence[Missing]:
        found = []
        if not self._settings.base_url:
            found.append(Missing(self._base_variable, "the address of a server of the /v1/videos shape"))
        if self._section and self._settings.key_env and not self._key:
            found.append(Missing(self._settings.key_env, f"the key of {self.endpoint}"))
        return [*found, *wrong_key(self._settings.key_env, self._key)]

    async def probe(self) -> Probe:
        """Ask for the models and remember them. A server without that list is fine, too."""
        try:
            answer = await self._origin.ask("GET", "/models", timeout_s=20.0)
        except Unavailable as error:
            return Probe(False, f"{error}.", f"Check {self._base_variable}, and that the server runs.")
        if answer.status in (401, 403):
            variable = self._settings.key_env or f"key_env in {self._section}"
            return Probe(False, f"{self._refusal(answer)}.", f"Check {variable}.")
        if answer.status in (404, 405):
            return Probe(
                True,
                f"{self.endpoint} answers, but lists no models.",
                "Name a model by hand: endpoint/name, or models = [...] in workbench.toml.",
            )
        if answer.status >= 300:
            return Probe(False, f"{self._refusal(answer)}.", f"Check {self._base_variable}.")
        listed = [answers.operation_id(each) for each in answers.items(answer.content)]
        names = only_videos(filter(None, listed))
        self._shelf.write(names)
        count = f"{len(names)} model{'' if len(names) == 1 else 's'}"
        return Probe(True, f"{self.endpoint} answers and lists {count}.")

    # Sending

    async def submit(self, submission: Submission) -> Json:
        request = submission.request
        name = request.model.partition("/")[2]
        kin = family(name, self.dialect)
        values = fields(request, name, kin, self.dialect)
        parts = await files(submission, kin, self.dialect)
        if is_form(self.dialect, parts):
            packed: dict[str, Any] = {"form": as_form(values, parts)}
        else:
            packed = {"json_body": as_json(values, parts)}
        answer = await self._origin.send("POST", "/videos", timeout_s=SUBMIT_TIMEOUT_S, **packed)
        if not 200 <= answer.status < 300:
            raise at_submit(self.endpoint, answer.status, answer.content, answer.headers, (self._key,))
        body = answer.content
        name = answers.operation_id(body) if isinstance(body, dict) else ""
        if not name:
            said = in_words(body, secrets=(self._key,))
            raise OutcomeUnknown(
                f"{self.endpoint} answered {answer.status} without naming an operation"
                + (f": {said}" if said else "")
            )
        return {"id": name}

    # Asking

    async def poll(self, operation: Json) -> Poll:
        return await self._read(operation, await self._asked(operation))

    async def _asked(self, operation: Json) -> answers.JsonObject:
        answer = await self._origin.ask("GET", _path(operation))
        if not 200 <= answer.status < 300:
            raise self._refusal(answer)
        if not isinstance(answer.content, dict):
            raise Unavailable(f"{self.endpoint} answered something that can't be read")
        return answers.inner(answer.content)

    async def _read(self, operation: Json, body: answers.JsonObject) -> Poll:
        state = answers.state(body)
        match state.standing:
            case Standing.RUNNING:
                is_new = bool(state.word) and not state.is_known
                note = f"{self.endpoint} says “{state.word:.40}”" if is_new else ""
                return Running(answers.fraction(body), note)
            case Standing.EXPIRED:
                raise OperationGone(f"{self.endpoint} says that the clip has expired")
            case Standing.FAILED | Standing.CANCELLED:
                return self._failed(body.get("error"), state.word)
        link = answers.link(body)
        if body.get("error") and not link:
            return self._failed(body["error"], state.word)
        return await self._done(operation, body, link)

    def _failed(self, error: object, word: str) -> Failed:
        said = (
            in_words({"error": error}, secrets=(self._key,)) if error else f"it says “{word}” and no reason"
        )
        reason = FailureReason.SAFETY if is_safety({"error": error or word}) else FailureReason.PROVIDER
        free = self.dialect.free_failures
        note = f" (not charged: {free})" if free else ""
        return Failed(reason, f"{self.endpoint}: {said}{note}", Charge.NONE if free else Charge.MAYBE)

    async def _done(self, operation: Json, body: answers.JsonObject, link: str) -> Poll:
        """Done only with a clip in sight: some servers say completed of what the safety filter took."""
        if not link and self.dialect.looks_first:
            seen = await look(self._origin, self._content(operation))
            if seen.is_none or (seen.is_empty and self._is_late(str(operation["id"]))):
                return self._without_a_clip(seen)
            if seen.is_empty:
                return Running(note=f"{self.endpoint} says that it is done; the clip is not there yet")
            link = answers.link(seen.said)
        is_safe = bool(link) and link == masked(link, (self._key,))
        locator = {"url": urljoin(f"{self._origin.base_url}/", link)} if is_safe else {}
        expires_at = answers.moment(body.get("expires_at"))
        return Finished((RemoteClip(0, locator, expires_at),), report=answers.report(body))

    def _is_late(self, name: str) -> bool:
        """Whether it has been done without a clip for so long that none will come."""
        now = time.monotonic()
        return now - self._done_since.setdefault(name, now) >= self.patience_s

    def _without_a_clip(self, seen: Look) -> Poll:
        said = in_words(seen.said, secrets=(self._key,)) or "no reason is told"
        if is_safety(seen.said):
            charge = Charge.NONE if self.dialect.free_failures else Charge.MAYBE
            return Finished((), filtered=(said,), charge=charge)
        return self._failed(f"says that it is done, but has no clip: {said}", "")

    # Fetching

    async def fetch(self, operation: Json, clip: RemoteClip, folder: Path) -> Fetched:
        target = folder / f"clip-{clip.index}.mp4"
        told = clip.locator.get("url")
        first = told if isinstance(told, str) and told else self._content(operation)
        if await self._came(first, target):
            return Fetched(target)
        for url in await self._addresses(operation, first):
            if await self._came(url, target):
                return Fetched(target)
        raise OperationGone(f"{self.endpoint} has no clip at any address that it names (any more)")

    async def _addresses(self, operation: Json, first: str) -> Sequence[str]:
        """Where else the clip may be: the link that is told now, then the content itself."""
        body = await self._asked(operation)  # raises when the operation is gone, too
        if answers.state(body).standing is Standing.RUNNING:
            raise Unavailable(f"{self.endpoint} says that it is not done after all")
        link = answers.link(body)
        every = [urljoin(f"{self._origin.base_url}/", link)] if link else []
        return [url for url in (*every, self._content(operation)) if url != first]

    async def _came(self, url: str, target: Path) -> bool:
        """Whether the clip is there and was fetched; false where it certainly is not there (any more)."""
        try:
            found = await download(self._origin, url, target)
            if found is not None and (link := answers.link(found.content)):
                found = await download(self._origin, urljoin(url, link), target)
        except (LinkRefused, OperationGone):
            return False
        if found is None:
            return True
        if is_refusal(found.content):
            return False
        raise Unavailable(self._no_file(found))

    def _no_file(self, found: NotAFile) -> str:
        said = in_words(found.content, secrets=(self._key,))
        return f"{self.endpoint} gave a text instead of the clip" + (f": {said}" if said else "")

    # Looking for what has no answer; stopping

    async def find(self, request: GenerationRequest, since: datetime) -> Sequence[Found]:
        if not self.dialect.lists:
            return ()
        found = [
            each
            async for each in self._listed(since - CLOCKS_APART)
            if each.created_at is None or each.created_at >= since - CLOCKS_APART
        ]
        name = request.model.partition("/")[2]
        likely = [replace(each, is_likely=True) for each in found if _agrees(each, name, request.prompt)]
        others = [each for each in found if not _agrees(each, name, request.prompt)]
        return [*map(_bare, likely), *map(_bare, others)]

    async def _listed(self, since: datetime) -> AsyncIterator[Found]:
        after = ""
        for _ in range(_MOST_PAGES):
            answer = await self._origin.ask("GET", f"/videos?limit={_PAGE}&order=desc{after}")
            if not 200 <= answer.status < 300:
                raise self._refusal(answer, is_list=True)
            content = answer.content
            page = [each for each in map(_found, answers.items(content)) if each.operation["id"]]
            for each in page:
                yield each
            times = [each.created_at for each in page if each.created_at]
            is_last = not (isinstance(content, dict) and content.get("has_more")) or not page
            if is_last or (times and min(times) < since):
                return
            after = f"&after={quote(str(page[-1].operation['id']), safe='')}"

    async def cancel(self, operation: Json) -> bool:
        """Only where DELETE stops the work: elsewhere it would merely throw the clip away."""
        if not self.dialect.deletes:
            return False
        answer = await self._origin.ask("DELETE", _path(operation))
        if answer.status in (401, 403) or answer.status >= 500:
            raise self._refusal(answer)
        body = answer.content if isinstance(answer.content, dict) else {}
        is_stopped = bool(body.get("deleted")) or answers.state(body).standing is Standing.CANCELLED
        return 200 <= answer.status < 300 and is_stopped

    async def close(self) -> None:
        await self._origin.close()

    # Names

    def _content(self, operation: Json) -> str:
        return f"{self._origin.base_url}{_path(operation)}/content"

    def _refusal(self, answer: Answer, *, is_list: bool = False) -> ProviderError:
        error = afterwards(self.endpoint, answer.status, answer.content, answer.headers, (self._key,))
        is_page = "<html" in str(answer.content)[:2_000].lower()
        if isinstance(error, OperationGone) and (is_list or is_page):
            # A gateway's page, or a list that is not there: neither says that this operation is gone.
            return Unavailable(f"{error}. Check {self._base_variable}")
        return error


def _path(operation: Json) -> str:
    return f"/videos/{quote(str(operation['id']), safe='')}"


def _found(each: answers.JsonObject) -> Found:
    """``operation`` holds model and prompt for the comparison; ``_bare`` takes them out."""
    created = answers.moment(each.get("created_at", each.get("created")))
    when = f"{created:%Y-%m-%d %H:%M:%S} UTC" if created else "no time told"
    prompt, model = str(each.get("prompt") or ""), str(each.get("model") or "")
    said = [answers.operation_id(each), answers.state(each).word, when, model, f"{prompt:.80}"]
    operation = {"id": answers.operation_id(each), "model": model, "prompt": prompt}
    return Found(operation, " · ".join(part for part in said if part), created)


def _agrees(found: Found, name: str, prompt: str) -> bool:
    return found.operation["model"] == name and found.operation["prompt"] == prompt


def _bare(found: Found) -> Found:
    return replace(found, operation={"id": found.operation["id"]})
