"""Errands: found again by their token, whatever became of them."""

from __future__ import annotations

import threading

import pytest

from workbench.domain.errors import RequestError, WorkbenchError
from workbench.ui import errands


def test_an_errand_is_found_by_its_token() -> None:
    hold = threading.Event()
    token = errands.send(lambda: hold.wait(30) and "done")
    assert errands.is_known(token)
    assert not errands.is_done(token)
    assert not errands.is_done(token, 0.05)
    hold.set()
    assert errands.is_done(token, 30)
    assert errands.outcome(token, str) == "done"
    assert errands.outcome(token, str) == "done", "for another session, too"


@pytest.mark.parametrize(
    ("thrown", "told"),
    [
        (RequestError("Too many pictures."), "Too many pictures."),
        (ZeroDivisionError("key=secret"), "It failed (ZeroDivisionError). The log says more."),
    ],
)
def test_what_an_errand_throws_is_a_sentence(thrown: Exception, told: str) -> None:
    def fail() -> object:
        raise thrown

    token = errands.send(fail)
    assert errands.is_done(token, 30)
    with pytest.raises(WorkbenchError) as caught:
        errands.outcome(token, str)
    assert str(caught.value) == told


def test_what_nobody_comes_back_for_is_forgotten() -> None:
    tokens = [errands.send(lambda: 1) for _ in range(70)]
    assert not errands.is_known(tokens[0])
    assert errands.is_known(tokens[-1])
    assert not errands.is_done(tokens[0])
