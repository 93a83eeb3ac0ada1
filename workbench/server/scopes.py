"""What a session opens: everything, or the pages and clips of named reviews and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.types import Scope as ASGIScope

_KEY = "workbench.scope"
_ALL = "all"
_REVIEW = re.compile(r"review:(?P<id>[0-9A-Za-z_-]{1,64})")

READING = frozenset({"GET", "HEAD"})
WEBSOCKET = "WEBSOCKET"  # stands where a request has its method

REVIEW_PAGE = "review"

# What a review's visitor may ask for; all else is closed to them. Streamlit has one websocket for all pages,
# so its pages are closed once more in ``app.main``, by ``Scope.opens_page``.
REVIEW_PATHS: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = (
    (re.compile(rf"/{REVIEW_PAGE}"), READING),
    (re.compile(r"/api/review-media/[^/]+"), READING),
    (re.compile(rf"(/{REVIEW_PAGE})?/_stcore/stream"), frozenset({WEBSOCKET})),
    (re.compile(rf"(/{REVIEW_PAGE})?/_stcore/(health|host-config|script-health-check)"), READING),
    (re.compile(rf"(/{REVIEW_PAGE})?/(static|component|media|_stcore/bidi-components)/.+"), READING),
    (re.compile(r"/favicon\.png"), READING),
)


@dataclass(frozen=True, slots=True)
class Scope:
    """``reviews`` are the ids of the reviews that are open where not everything is."""

    everything: bool = False
    reviews: frozenset[str] = frozenset()

    def opens(self, method: str, path: str) -> bool:
        """Whether a request may pass. ``path`` is as the routes see it; ``method`` may be ``WEBSOCKET``."""
        if self.everything:
            return True
        if not self.reviews or ".." in path or "//" in path or "\\" in path:
            return False
        return any(method in methods and pattern.fullmatch(path) for pattern, methods in REVIEW_PATHS)

    def opens_page(self, page: str) -> bool:
        """Whether the page with that address (``compose``, ``runs`` …) may be shown at all."""
        return self.everything or (bool(self.reviews) and page == REVIEW_PAGE)

    def opens_review(self, review: str) -> bool:
        """Whether that review, its clips included, may be shown."""
        return self.everything or review in self.reviews

    def __or__(self, other: Scope) -> Scope:
        return Scope(self.everything or other.everything, self.reviews | other.reviews)


NOTHING = Scope()
EVERYTHING = Scope(everything=True)


def of_review(review: str) -> Scope:
    """What the link of one review opens."""
    return Scope(reviews=frozenset({review}))


def spelled(scope: Scope) -> str:
    """``all`` or ``review:ID``: how a session's value says it."""
    if scope.everything:
        return _ALL
    (review,) = scope.reviews
    text = f"review:{review}"
    if not _REVIEW.fullmatch(text):
        raise ValueError(f"{review!r} can't be the id of a review.")
    return text


def read_scope(text: str) -> Scope:
    """The opposite of ``spelled``; ``NOTHING`` for what it never writes."""
    if text == _ALL:
        return EVERYTHING
    match = _REVIEW.fullmatch(text)
    return of_review(match["id"]) if match else NOTHING


def granted(scope: ASGIScope) -> Scope:
    """What the gate has granted to a request, by its ASGI scope (``request.scope``)."""
    found = scope.get(_KEY)
    return found if isinstance(found, Scope) else NOTHING


def grant(scope: ASGIScope, granted: Scope) -> ASGIScope:
    """The ASGI scope of a request that the gate lets through, for ``granted`` to read."""
    return {**scope, _KEY: granted}
