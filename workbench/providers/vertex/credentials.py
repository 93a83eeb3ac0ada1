"""``Credentials``: a bearer token from a credentials file, or an API key, as headers."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.domain.errors import AuthLapsed, Unavailable
from workbench.providers.http.refusals import in_words
from workbench.providers.vertex.access import Access

if TYPE_CHECKING:
    from google.auth.credentials import Credentials as GoogleCredentials

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
TOKEN_S = 30.0


class Credentials:
    """Of one endpoint. ``who`` is its name, for errors. Safe on any loop and thread."""

    def __init__(self, who: str, access: Access) -> None:
        self._who = who
        self._access = access
        self._google: GoogleCredentials | None = None
        self._guard = threading.Lock()  # many runs at once ask for one token

    async def fresh(self) -> GoogleCredentials | None:
        """Google's object with a valid token; ``None`` with an API key.

        Raises ``AuthLapsed`` where the file can't be used or its token is refused, ``Unavailable`` where
        the token's server can't be reached.
        """
        if self._access.key:
            return None
        google = self._google
        if google is None or not google.valid:
            google = await asyncio.to_thread(self._obtain)
        return google

    async def bearer(self) -> Mapping[str, str]:
        """The headers for Cloud Storage, which takes no API key. Raises as ``fresh`` does."""
        google = await self.fresh()
        if google is None:
            raise AuthLapsed(
                f"{self._who} has an API key only, and no API key opens a storage bucket; "
                f"set GOOGLE_APPLICATION_CREDENTIALS to collect the clip"
            )
        headers: dict[str, str] = {}
        google.apply(headers)  # type: ignore[no-untyped-call]
        return headers

    def secrets(self) -> tuple[str, ...]:
        """What must stand in no message."""
        token = getattr(self._google, "token", None)
        return tuple(secret for secret in (self._access.key, token) if secret)

    def _obtain(self) -> GoogleCredentials:
        with self._guard:
            google = self._google or self._loaded()
            if not google.valid:
                self._refresh(google)
            self._google = google
        return google

    def _refresh(self, google: GoogleCredentials) -> None:
        from google.auth import exceptions
        from google.auth.transport.requests import Request

        try:
            google.refresh(partial(Request(), timeout=TOKEN_S))  # type: ignore[no-untyped-call]
        except exceptions.TransportError as error:
            raise Unavailable(f"{self._who}: Google's token server can't be reached") from error
        except exceptions.GoogleAuthError as error:
            if getattr(error, "retryable", False):
                raise Unavailable(
                    f"{self._who}: Google's token server can't give a token now ({_said(error)})"
                ) from error
            raise AuthLapsed(
                f"{self._who}: Google refuses the credentials ({_said(error)}). Sign in again with "
                f"`gcloud auth application-default login`, or name another key file"
            ) from error

    def _loaded(self) -> GoogleCredentials:
        from google.auth import exceptions

        path = self._access.credentials_file
        if path is None:
            raise AuthLapsed(f"{self._who} has no credentials; set GOOGLE_APPLICATION_CREDENTIALS")
        try:
            return _from_file(path)
        except (exceptions.GoogleAuthError, OSError, ValueError, KeyError, AttributeError) as error:
            raise AuthLapsed(
                f"{self._who}: {path} is no usable credentials file ({type(error).__name__}). Name a service "
                f"account's key file in GOOGLE_APPLICATION_CREDENTIALS"
            ) from error


def _from_file(path: Path) -> GoogleCredentials:
    """By the type that the file names; what is neither is left to Google's own choice."""
    import google.auth
    from google.oauth2 import credentials, service_account

    content = json.loads(path.read_text(encoding="utf-8"))
    makers: Mapping[str, Callable[..., Any]] = {
        "service_account": service_account.Credentials.from_service_account_info,
        "authorized_user": credentials.Credentials.from_authorized_user_info,
    }
    maker = makers.get(content.get("type", ""))
    found: GoogleCredentials
    if maker is not None:
        found = maker(content, scopes=[SCOPE])
    else:
        found, _ = google.auth.load_credentials_from_file(str(path), scopes=[SCOPE])  # type: ignore[no-untyped-call]
    return found


def _said(error: Exception) -> str:
    return in_words(str(error.args[0]) if error.args else type(error).__name__, 200)
