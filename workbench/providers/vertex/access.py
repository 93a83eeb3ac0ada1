"""``Access``: which project, where, by which credentials – all named here, none left to the SDK to guess."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workbench.providers.base import Missing
from workbench.providers.sendable import wrong_address, wrong_key
from workbench.settings import EndpointSettings, Settings

LOCATION = "us-central1"  # where Veo 3.1 is served (Google's model pages, read in November 2026)
STORAGE = "https://storage.googleapis.com"
KEY_VARIABLE = "VERTEX_API_KEY"
_MULTI_REGIONS = ("us", "eu")


@dataclass(frozen=True, slots=True)
class Access:
    """``key`` goes before ``credentials_file`` (a service account's or gcloud's JSON).

    ``key_variable`` is where the key is looked for; ``base_url`` and ``storage_url`` are always full.
    """

    project: str = ""
    location: str = LOCATION
    base_url: str = ""
    storage_url: str = STORAGE
    key: str = field(default="", repr=False)
    key_variable: str = KEY_VARIABLE
    key_wanted: bool = False
    credentials_file: Path | None = None

    @property
    def who(self) -> str:
        """Who pays: the key, else the project."""
        return self.key or self.project

    @property
    def parent(self) -> tuple[str, str] | None:
        """(project, location) of the request's path. A key alone goes without: its project is its own."""
        return (self.project, self.location) if self.project else None

    def missing(self) -> Sequence[Missing]:
        """Looks at names and files only: nothing is asked over the network."""
        wrong = [
            *wrong_key(self.key_variable, self.key),
            *wrong_address("GOOGLE_VERTEX_BASE_URL", self.base_url),
            *wrong_address("WORKBENCH_GCS_BASE_URL", self.storage_url),
        ]
        return [*self._lacking(), *wrong]

    def _lacking(self) -> Sequence[Missing]:
        if self.key:
            return ()
        if self.key_wanted:
            return (Missing(self.key_variable, "the API key of this endpoint"),)
        found = []
        if not self.project:
            what = f"the Google Cloud project that pays for Veo; or {self.key_variable} alone, an API key"
            found.append(Missing("GOOGLE_CLOUD_PROJECT", what))
        if self.credentials_file is None:
            what = (
                "the path of a service account's key file; or run gcloud auth application-default login, "
                f"or set {self.key_variable}"
            )
            found.append(Missing("GOOGLE_APPLICATION_CREDENTIALS", what))
        elif not self.credentials_file.is_file():
            what = f"a file that exists; {self.credentials_file} does not"
            found.append(Missing("GOOGLE_APPLICATION_CREDENTIALS", what))
        return found


def from_environment(settings: Settings) -> Access:
    """The endpoint ``vertex``, from environment variables alone."""
    location = settings.secret("GOOGLE_CLOUD_LOCATION") or LOCATION
    key, project = settings.secret(KEY_VARIABLE), settings.secret("GOOGLE_CLOUD_PROJECT")
    return Access(
        project=project,
        location=location,
        base_url=settings.secret("GOOGLE_VERTEX_BASE_URL") or service(location, with_path=bool(project)),
        storage_url=settings.secret("WORKBENCH_GCS_BASE_URL") or STORAGE,
        key=key,
        credentials_file=_credentials_file(settings.environment),
    )


def from_endpoint(settings: Settings, endpoint: EndpointSettings) -> Access:
    """An endpoint of ``workbench.toml``. Its address is its own, or Google's: an address that the
    environment names is for the endpoint ``vertex`` only."""
    location = endpoint.location or settings.secret("GOOGLE_CLOUD_LOCATION") or LOCATION
    project = endpoint.project or settings.secret("GOOGLE_CLOUD_PROJECT")
    return Access(
        project=project,
        location=location,
        base_url=endpoint.base_url or service(location, with_path=bool(project)),
        storage_url=settings.secret("WORKBENCH_GCS_BASE_URL") or STORAGE,
        key=settings.secret(endpoint.key_env) if endpoint.key_env else "",
        key_variable=endpoint.key_env or KEY_VARIABLE,
        key_wanted=bool(endpoint.key_env),
        credentials_file=_credentials_file(settings.environment),
    )


def service(location: str, *, with_path: bool = True) -> str:
    """Google's address for that location, as the SDK has it; a key without a project has no location."""
    if not with_path or location == "global":
        return "https://aiplatform.googleapis.com"
    if location in _MULTI_REGIONS:
        return f"https://aiplatform.{location}.rep.googleapis.com"
    return f"https://{location}-aiplatform.googleapis.com"


def _credentials_file(environment: Mapping[str, str]) -> Path | None:
    """The named file, whether it is there or not; else the one that gcloud writes, if it has."""
    named = environment.get("GOOGLE_APPLICATION_CREDENTIALS", "").strip()
    if named:
        return Path(named)
    folder = _gcloud_folder(environment)
    written = folder / "application_default_credentials.json" if folder else None
    return written if written and written.is_file() else None


def _gcloud_folder(environment: Mapping[str, str]) -> Path | None:
    if chosen := environment.get("CLOUDSDK_CONFIG", ""):
        return Path(chosen)
    if os.name == "nt":
        data = environment.get("APPDATA", "")
        return Path(data) / "gcloud" if data else None
    home = environment.get("HOME", "")
    return Path(home) / ".config" / "gcloud" if home else None
