"""``WORKBENCH_EXECUTOR``: local, or a scheduler – in the clear on this machine only."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.domain.errors import BadSetting
from workbench.settings import load
from workbench.settings.executor import LOCAL, read_executor


@pytest.mark.parametrize("text", ["", "  ", "local", "Local"])
def test_this_machine(text: str, tmp_path: Path) -> None:
    assert read_executor({"WORKBENCH_EXECUTOR": text}) == LOCAL
    assert load(tmp_path, {"WORKBENCH_EXECUTOR": text}).executor == LOCAL
    assert read_executor({}) == LOCAL


@pytest.mark.parametrize(
    "text",
    [
        *("tcp://127.0.0.1:8786", "tcp://localhost:8786", "tcp://[::1]:8786", "tcp://127.8.9.1:1"),
        *("tls://10.0.0.5:8786", "tls://dask.example.com:8786", "TLS://[fd00::5]:8786"),
    ],
)
def test_a_scheduler(text: str) -> None:
    assert read_executor({"WORKBENCH_EXECUTOR": f" {text} "}) == text


@pytest.mark.parametrize(
    "text",
    ["tcp://10.0.0.5:8786", "tcp://0.0.0.0:8786", "tcp://localhost.example.com:8786", "tcp://[::]:8786"],
)
def test_in_the_clear_elsewhere_is_refused(text: str) -> None:
    with pytest.raises(BadSetting, match="tls://"):
        read_executor({"WORKBENCH_EXECUTOR": text})


@pytest.mark.parametrize(
    "text",
    [
        *("dask", "127.0.0.1:8786", "http://127.0.0.1:8786", "tls://10.0.0.5", "tls://10.0.0.5:0"),
        *("tls://10.0.0.5:65536", "tls://me:secret@10.0.0.5:8786", "tls://10.0.0.5:8786/x", "inproc://1"),
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(
        BadSetting, match=r"it takes local, or the address of a Dask scheduler such as tls://"
    ):
        read_executor({"WORKBENCH_EXECUTOR": text})
