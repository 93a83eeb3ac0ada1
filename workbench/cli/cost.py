"""The cost question: what would be spent, where the price was read, and whether to go on."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from workbench.cli import output
from workbench.domain.errors import RequestError
from workbench.domain.price import Price
from workbench.domain.run import is_of_emulator

if TYPE_CHECKING:
    from workbench.api import Workbench
    from workbench.domain.capabilities import Capabilities
    from workbench.domain.request import GenerationRequest

Asked = tuple["Capabilities", "GenerationRequest"]


def ask(bench: Workbench, asked: Sequence[Asked]) -> None:
    """Return when the cost is agreed to, or nothing would be charged. Raises ``RequestError`` otherwise."""
    prices = [model.price(request) for model, request in asked]
    known = [price for price in prices if price is not None]
    if len(known) == len(prices) and sum(known) == 0:
        return
    what = _sentence(asked, known, len(prices) - len(known)) + _test_note(bench, asked)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise RequestError(f"{what}. Add --yes to agree; nothing was sent.")
    if not click.confirm(f"{what}. Send?", err=True):
        raise RequestError("Not sent.")


def _sentence(asked: Sequence[Asked], known: Sequence[int], unknown: int) -> str:
    names = list(dict.fromkeys(model.model for model, _ in asked))
    runs = f"{len(asked)} run{'s' if len(asked) > 1 else ''} of {', '.join(names)}"
    about = f"about {output.money(sum(known))}"
    if not unknown:
        return f"{runs} would cost {about}{_sources(asked)}"
    unpriced = ", ".join(dict.fromkeys(m.model for m, request in asked if m.price(request) is None))
    rest = f"no price is known for {unpriced}: workbench.toml takes one"
    if not sum(known):
        return f"{runs} would cost an amount that is not known ({rest})"
    return (
        f"{runs} would cost {about} and more{_sources(asked)}: {rest} (of {unknown} run{'s' * (unknown > 1)})"
    )


def _sources(asked: Sequence[Asked]) -> str:
    """The rates with where and when they were read, as far as the models tell it."""
    rates = dict.fromkeys(str(m.price) for m, _ in asked if isinstance(m.price, Price) and m.price.source)
    return f" ({'; '.join(rates)})" if rates else ""


def _test_note(bench: Workbench, asked: Sequence[Asked]) -> str:
    endpoints = {model.model.partition("/")[0] for model, _ in asked}
    accounts = [provider.account for provider in bench.endpoints() if provider.endpoint in endpoints]
    is_emulated = bool(accounts) and all(map(is_of_emulator, accounts))
    return "; this is an emulator, so nothing will be charged" if is_emulated else ""
