"""Keys that a server repeats: masked in every form, and nothing else is."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from workbench.providers.base import Failed, Finished, Running
from workbench.providers.http.masking import LEAST, masked, masked_answer
from workbench.providers.http.refusals import in_words

KEY = 'QX7+abXCd/Ef9Zk&w42"LmTT0p=Yv'
FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "in capitals": str.upper,
    "for an address": lambda key: quote(key, safe=""),
    "for an address, small": lambda key: quote(key, safe="").lower(),
    "for a form": quote_plus,
    "as JSON": json.dumps,
    "as HTML": html.escape,
    "in base64": lambda key: base64.b64encode(key.encode()).decode(),
    "in base64 for addresses": lambda key: base64.urlsafe_b64encode(key.encode()).decode(),
    "as a password": lambda key: base64.b64encode(b"user:" + key.encode()).decode(),
    "as a name": lambda key: base64.b64encode(key.encode() + b":").decode(),
    "in hex": lambda key: key.encode().hex(),
    "cut short": lambda key: key[:-9],
    "in two": lambda key: f"{key[:14]} {key[14:]}",
}


@pytest.mark.parametrize("form", FORMS)
def test_no_form_of_it_is_told(form: str) -> None:
    told = FORMS[form](KEY)
    for before in ("", "We saw ", "İ"):
        found = masked(f"{before}{told}", ("", KEY))
        assert found.startswith(before)
        assert not [at for at in range(len(told) - LEAST) if told[at : at + LEAST] in found]
    assert masked(f"We saw {KEY} there", (KEY,)) == "We saw … there"


@pytest.mark.parametrize("text", ["", "short", "A lion at dawn: quota exceeded, 10 of 10 – ask again"])
def test_what_is_no_key_stays(text: str) -> None:
    assert masked(text, (KEY, "")) == text
    assert masked(f"{text} x9", ("x9",)) == f"{text} …"


def test_a_key_at_the_end_of_what_is_read_of_an_answer_is_masked() -> None:
    assert KEY[:LEAST] not in in_words("x" * 19_950 + " " + KEY * 3, 30_000, (KEY,))


def test_nothing_that_is_told_of_an_operation_has_it() -> None:
    report = {"model": KEY, "steps": [{"seen": f"key {KEY}"}], "count": 2}
    for answer in (
        Running(note=f"says {KEY}"),
        Failed(reason=None, message=f"saw {KEY}"),  # type: ignore[arg-type]
        Finished((), filtered=(f"for {KEY}",), report=report),
    ):
        assert KEY not in str(masked_answer(answer, (KEY,)))
        assert masked_answer(answer, ()) == answer
