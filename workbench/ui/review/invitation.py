"""The link of a review for somebody else, and whether whoever looks came by one.

Sessions are the server's; the app, which knows both, says how a link is made.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import streamlit as st

Maker = Callable[[str], str]  # a review's id → the path and query that open it, and it alone

_GUEST = "review.guest"


def _plain(review_id: str) -> str:
    return f"/review?id={review_id}"


_maker: Maker = _plain


def make_with(maker: Maker) -> None:
    """From now on links are made so; without, a link is the page's own address."""
    global _maker
    _maker = maker


def welcome(*, guest: bool) -> None:
    """Whether this visitor may see the one review only."""
    st.session_state[_GUEST] = guest


def is_guest() -> bool:
    return bool(st.session_state.get(_GUEST))


def invitation(review_id: str) -> str:
    """The whole link, as this page's visitor would send it."""
    here = urlsplit(st.context.url or "")
    place = f"{here.scheme}://{here.netloc}" if here.netloc else ""
    return place + _maker(review_id)
