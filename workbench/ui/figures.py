"""Seconds, money, sizes, ages and settings as a person reads them."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

from workbench.domain.capabilities import Capabilities
from workbench.domain.request import Scalar
from workbench.domain.run import Charge, Run, Status

NONE = "–"
_AGES = ((365 * 86_400, "year"), (30 * 86_400, "month"), (86_400, "day"), (3_600, "hour"), (60, "minute"))
_ACTS = re.compile(r"[\\`*\[\]<>$~|]|:(?=\w)|(?<!\w)_|_(?!\w)|^[#+\-]|(?<=^\d)[.)]|(?<=^\d\d)[.)]")
_MARKS = re.compile(r"([\\`*_{}\[\]()#+\-!|$:<>~])")


def seconds(value: float | None) -> str:
    """``8 ms``, ``0.4 s``, ``12 s``, ``3 min 20 s``."""
    if value is None:
        return NONE
    if value < 0.095:
        return f"{value * 1000:.0f} ms"
    if value < 10:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def clock(at_s: float) -> str:
    """``0:01.250``."""
    minutes, seconds = divmod(round(at_s * 1000), 60_000)
    return f"{minutes}:{seconds // 1000:02}.{seconds % 1000:03}"


def money(micros: int) -> str:
    """Dollars with two decimals; four below a cent, so that no charge reads as nothing."""
    decimals = 4 if 0 < micros < 10_000 else 2
    return f"${micros / 1e6:,.{decimals}f}"


def cost(run: Run) -> str:
    """The shortest true word about the money: ``free``, ``$0.20``, ``≈ $0.20``, ``maybe $0.20``."""
    if run.is_emulated:
        return "nothing was charged" if run.status.is_final else "nothing is charged"
    if run.billed_micros is not None:
        return money(run.billed_micros) if run.billed_micros else "free"
    if run.estimate_micros == 0:
        return "free"
    if run.charge is Charge.NONE and run.status.is_final:
        return "not charged"
    if run.estimate_micros is None:
        return "price unknown"
    certainty = "maybe" if run.charge is Charge.MAYBE and not run.status.is_busy else "≈"
    return f"{certainty} {money(run.estimate_micros)}"


def of_budget(spent_micros: int, cap_usd: Decimal) -> str:
    """``$3.20 of $20.00 are spent or reserved``."""
    return f"{money(spent_micros)} of ${cap_usd:,.2f} are spent or reserved"


def counts_as_spent(run: Run) -> bool:
    """As the budget counts: all but what ended without a charge."""
    return not (run.charge is Charge.NONE and run.status.is_final and run.status is not Status.SUCCEEDED)


def cost_sentence(run: Run) -> str:
    """Estimate, bill and charge in words."""
    estimate, billed = run.estimate_micros, run.billed_micros
    if run.is_emulated:
        worth = "No price is known" if estimate is None else f"Estimated {money(estimate)}"
        return f"{worth}; an emulator made it, so nothing was charged."
    if run.is_imported:
        return "It was made elsewhere: what it cost there is not known, and nothing was charged here."
    if not estimate and not billed and run.charge is Charge.NONE and estimate is not None:
        return "Free: the model costs nothing."
    before = "No price is known for this model" if estimate is None else f"Estimated {money(estimate)}"
    if billed is not None:
        return f"{before}; billed {money(billed)}."
    told = {
        Charge.YES: "it was charged, the provider did not say how much",
        Charge.MAYBE: "it may have been charged",
        Charge.NONE: "nothing was charged" if run.status.is_final else "nothing has been charged so far",
    }
    return f"{before}; {told[run.charge]}."


def left(until: datetime, now: datetime) -> str:
    """How long still: ``1 d 4 h``, ``1 h 12 min``, ``4 min``, ``30 s``; ``no time`` once it has passed."""
    return span((until - now).total_seconds())


def span(length_s: float) -> str:
    """A long time in its two largest units; ``no time`` from 0 on."""
    rest = int(length_s)
    if rest <= 0:
        return "no time"
    days, hours, minutes = rest // 86_400, rest // 3_600 % 24, rest // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{rest} s"


def size(size_bytes: int) -> str:
    """Decimal units, as file managers and providers count."""
    if size_bytes < 1_000:
        return f"{size_bytes} B"
    value = float(size_bytes)
    for unit in ("kB", "MB", "GB", "TB"):
        value /= 1_000
        if value < 999.5 or unit == "TB":
            break
    return f"{value:.0f} {unit}" if value >= 99.5 else f"{value:.1f} {unit}"


def age(then: datetime, now: datetime) -> str:
    """``just now``, ``5 minutes ago``."""
    passed = (now - then).total_seconds()
    for length, unit in _AGES:
        if passed >= length:
            count = int(passed // length)
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"


def moment(time: datetime | None) -> str:
    """``2026-11-21 07:14:00 UTC``."""
    return f"{time:%Y-%m-%d %H:%M:%S} UTC" if time else NONE


def first_line(text: str, longest: int = 110) -> str:
    """The first line that says something, cut at a word."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    if len(line) <= longest:
        return line or "(no prompt)"
    return line[:longest].rsplit(" ", 1)[0].rstrip(" ,;:.") + " …"


def plain(text: str) -> str:
    """Text for a Markdown place, so that nothing in it acts as Markdown, mathematics or a directive."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def label(text: str) -> str:
    """``plain`` for the label of a control, which is read aloud as it is written: only what would act as
    Markdown where it stands gets a backslash.
    """
    return _ACTS.sub(r"\\\g<0>", " ".join(text.split()))


def setting_label(name: str, model: Capabilities | None) -> str:
    known = model.setting(name) if model else None
    return known.label if known else name.removesuffix("_s").replace("_", " ").capitalize()


def setting_value(name: str, value: Scalar | None, model: Capabilities | None) -> str:
    """A value with its unit; ``None`` is a setting that the other side does not have."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "on" if value else "off"
    known = model.setting(name) if model else None
    unit = known.unit.strip() if known else ""
    return f"{value} {unit}".strip()
