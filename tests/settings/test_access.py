"""``WORKBENCH_TOKEN`` and ``WORKBENCH_ALLOWED_HOSTS``: what is taken, and what the app starts with."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workbench import settings
from workbench.domain.errors import BadSetting
from workbench.server.access import check_access
from workbench.settings.access import AccessSettings

TOKEN = "correct-horse-battery-staple-42"
NAME = "wb.example"


def loaded(tmp_path: Path, **environ: str) -> settings.Settings:
    return settings.load(tmp_path, environ)


@pytest.mark.parametrize(
    ("token", "says"),
    [
        ("secret", "has 6 characters"),
        ("fifteen-letters", "has 15 characters"),
        ("a" * 40, "repeats a few characters"),
        ("abababababababababab", "repeats a few characters"),
        ("correct horse battery staple", "blanks or letters that no header can carry"),
        ("größere-geheimnisse-hier", "blanks or letters that no header can carry"),
    ],
)
def test_a_token_that_can_be_guessed_or_not_be_sent_is_refused(tmp_path: Path, token: str, says: str) -> None:
    offered = []
    for _ in range(2):
        with pytest.raises(BadSetting, match=says) as told:
            loaded(tmp_path, WORKBENCH_TOKEN=token)
        assert token not in str(told.value)
        offered += re.findall(r"WORKBENCH_TOKEN=(\S+)$", str(told.value))
    assert len(set(offered)) == 2
    assert loaded(tmp_path, WORKBENCH_TOKEN=offered[0]).access.token == offered[0]


def test_the_token_stays_out_of_what_is_printed(tmp_path: Path) -> None:
    found = loaded(tmp_path, WORKBENCH_TOKEN=f" {TOKEN} ", WORKBENCH_ALLOWED_HOSTS=" WB.example , a:1,, ")
    assert found.access == AccessSettings(TOKEN, ("wb.example", "a:1"))
    assert TOKEN not in f"{found!r} {found} {found.access!r} {found.access}"


@pytest.mark.parametrize(
    "hosts", ["*", "https://wb.example", "wb.example/x", "a b", "wb.example:http", "-", "a,*.b", "::1", "é"]
)
def test_hosts_are_names(tmp_path: Path, hosts: str) -> None:
    with pytest.raises(BadSetting, match=r"WORKBENCH_ALLOWED_HOSTS has .* takes names"):
        loaded(tmp_path, WORKBENCH_ALLOWED_HOSTS=hosts)


@pytest.mark.parametrize(
    ("host", "is_allowed"),
    [
        ("wb.example", True),
        ("WB.Example:444", True),
        ("10.0.0.5:8501", True),
        ("10.0.0.5:8502", False),
        ("10.0.0.5", False),
        ("tls.example", True),  # browsers leave 443 out
        ("tls.example:443", True),
        ("tls.example:8443", False),
        ("evil.example", False),
        ("wb.example.evil.example", False),
        ("evil-wb.example", False),
        ("wb.example.", False),
        ("user@wb.example", False),
        ("wb.example:443:443", False),
        ("wb.example\n", False),
        ("", False),
        ("[::1]", False),
        ("[fd00::5]:8501", True),
    ],
)
def test_which_names_are_allowed(tmp_path: Path, host: str, is_allowed: bool) -> None:
    names = "wb.example, 10.0.0.5:8501, tls.example:443, [FD00::5]"
    assert loaded(tmp_path, WORKBENCH_ALLOWED_HOSTS=names).access.allows(host) is is_allowed


GOOD = {"WORKBENCH_TOKEN": TOKEN, "WORKBENCH_ALLOWED_HOSTS": NAME}


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({}, ""),
        ({"WORKBENCH_TOKEN": TOKEN}, ""),
        ({**GOOD, "WORKBENCH_HOST": "0.0.0.0"}, ""),
        ({**GOOD, "WORKBENCH_HOST": "::"}, ""),
        ({**GOOD, "WORKBENCH_HOST": "127.0.0.1"}, ""),
        ({"WORKBENCH_HOST": "0.0.0.0"}, "needs WORKBENCH_TOKEN .* and WORKBENCH_ALLOWED_HOSTS"),
        ({"WORKBENCH_HOST": "10.1.1.1", "WORKBENCH_TOKEN": TOKEN}, "needs WORKBENCH_ALLOWED_HOSTS"),
        ({"WORKBENCH_ALLOWED_HOSTS": NAME}, "without WORKBENCH_TOKEN nobody"),
    ],
)
def test_what_the_app_starts_with(tmp_path: Path, environ: dict[str, str], says: str) -> None:
    found = loaded(tmp_path, **environ)
    if not says:
        check_access(found)
        return
    with pytest.raises(BadSetting, match=says) as told:
        check_access(found)
    assert TOKEN not in str(told.value)
