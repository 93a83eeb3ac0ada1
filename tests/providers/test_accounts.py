"""Under which name a run is logged: stable for one payer, another for any other, and without the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.providers.accounts import account
from workbench.providers.registry import providers
from workbench.settings import load

KEY = "a-key-of-somebody-123"


@pytest.mark.parametrize(
    "spelled",
    [
        "https://Host.example/v1",
        "https://host.example/v1/",
        "HTTPS://host.example:443/v1",
        " https://host.example/v1",
    ],
)
def test_another_spelling_of_an_address_is_the_same_account(spelled: str) -> None:
    assert account("gw", spelled, KEY) == account("gw", "https://host.example/v1", KEY)


@pytest.mark.parametrize(
    "other", ["http://host.example/v1", "https://host.example/v2", "https://host.example:444/v1"]
)
def test_another_address_or_key_is_another_account(other: str) -> None:
    mine = account("gw", "https://host.example/v1", KEY)
    assert account("gw", other, KEY) != mine != account("gw", "https://host.example/v1", KEY + "4")
    assert KEY not in mine


def test_a_slash_at_the_end_of_any_address_leaves_no_run_behind(tmp_path: Path) -> None:
    """Every endpoint that the environment can name: an open run has to find its account again."""

    def accounts(slash: str) -> list[str]:
        address = f"http://127.0.0.1:9{slash}"
        names = [
            "GOOGLE_VERTEX_BASE_URL",
            "GOOGLE_GEMINI_BASE_URL",
            "OPENAI_VIDEOS_BASE_URL",
            "OPENAI_BASE_URL",
            "FLOW_GATEWAY_URL",
        ]
        keys = (
            "VERTEX_API_KEY GEMINI_API_KEY OPENAI_VIDEOS_API_KEY OPENAI_API_KEY FLOW_GATEWAY_TOKEN "
            "FLOW_PROJECT_ID"
        )
        environ = dict.fromkeys(names, address) | dict.fromkeys(keys.split(), KEY)
        return [provider.account for provider in providers(load(tmp_path, environ))]

    assert accounts("") == accounts("/")
