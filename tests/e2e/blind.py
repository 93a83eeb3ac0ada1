"""Everything that reaches a reviewer's browser, searched for what would tell where a clip comes from."""

from __future__ import annotations

from collections.abc import Iterable

from playwright.sync_api import Page, Response, WebSocket, expect

from workbench.api import Workbench

CONTAINER = (b"x264", b"Lavf", b"Lavc", b"uuid", b"udta")  # what a remuxed clip may still say


def telling(bench: Workbench, *words: str) -> set[str]:
    """``words``, and all by which the runs of the log could be known."""
    found = set(words)
    for run in bench.runs():
        found |= {run.id, run.request.arm_hash, run.clips[0].media.sha256, run.clips[0].path.name}
    return found


class Seen:
    """Begin before the page is opened: addresses, headers, bodies, messages, and the page by name."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._seen: dict[str, bytes] = {}
        page.on("websocket", self._listen)

    def nothing_tells(self, words: Iterable[str], videos: int) -> None:
        """Of this visit and of a reload; ``videos`` stand in the player."""
        source = str(first_video(self._page))
        read = "url => fetch(url).then(r => r.arrayBuffer()).then(b => [...new Uint8Array(b)])"
        clip = bytes(self._page.evaluate(read, source))
        self._page.on("response", self._answer)
        with self._page.expect_response(lambda answer: "/api/review-media/" in answer.url):
            self._page.reload()
        expect(self._page.locator(".player video")).to_have_count(videos)
        self._page.wait_for_timeout(1_500)
        self._seen |= {"page": self._page.content().encode(), "clip": clip}
        assert any(name.startswith("frame") for name in self._seen) and len(clip) > 10_000
        assert any("/api/review-media/" in name for name in self._seen)
        for name, content in self._seen.items():
            for word in words:
                assert word.encode() not in content, f"{word} in {name[:120]}"
        for mark in CONTAINER:
            assert mark not in clip, mark

    def _answer(self, answer: Response) -> None:
        if "/static/" in answer.url or "/_stcore/" in answer.url:
            return
        told = f"{answer.url} {sorted(answer.headers.items())}".encode()
        self._seen[answer.url] = told + (answer.body() if answer.status == 200 else b"")

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda got: self._seen.update({f"frame {len(self._seen)}": _bytes(got)}))


def first_video(page: Page) -> str | None:
    """The address of the clip that stands first in the player."""
    return page.locator(".player video").first.get_attribute("src")


def _bytes(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else data
