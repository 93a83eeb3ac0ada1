"""Who pays: the name under which a run is logged, and by which a runner knows whether it may touch it."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

from workbench.domain.run import EMULATED, TEST_PREFIX, is_of_emulator

EMULATED_POLL_S = 0.2


def account(endpoint: str, base_url: str, who: str) -> str:
    """``endpoint:host:fingerprint``. ``who`` is the key or the project; only its fingerprint is kept.

    Another key, project or address is another account: its runner never polls this one's operations. The
    same address in another spelling is the same account, or its open runs would wait for ever.
    """
    base_url = _spelled(base_url)
    host = urlsplit(base_url).netloc.rpartition("@")[2] or "default"
    print_ = hashlib.blake2b(f"{base_url}\n{who}".encode(), digest_size=8, person=b"wb-account").hexdigest()
    return f"{endpoint}{EMULATED}{host}:{print_}" if is_test(who) else f"{endpoint}:{host}:{print_}"


def _spelled(url: str) -> str:
    """In one way: scheme and host in small letters, no port that goes without saying, no slash at the end."""
    parts = urlsplit(url.strip())
    place = parts.netloc.lower()
    usual = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    place = place.removesuffix(usual) if usual else place
    return parts._replace(netloc=place, path=parts.path.rstrip("/")).geturl()


def is_test(who: str) -> bool:
    """Whether a key or project was given out by an emulator."""
    return who.startswith(TEST_PREFIX)


def poll_every_s(account: str, usual_s: float) -> float:
    """The quickest polling of an account: an emulator's operation takes no minutes."""
    return min(EMULATED_POLL_S, usual_s) if is_of_emulator(account) else usual_s
