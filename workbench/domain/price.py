"""``Price``: what a clip costs, as data with its source and date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from immutabledict import immutabledict

from workbench.domain.request import GenerationRequest

MICROS = Decimal(1_000_000)


def micros(usd: str | Decimal) -> int:
    """Millionths of a US dollar, rounded up: an estimate must not fall short by its rounding."""
    return int((Decimal(usd) * MICROS).to_integral_value(rounding="ROUND_CEILING"))


@dataclass(frozen=True, slots=True)
class Price:
    """Called with a completed request, it gives micro-dollars, ``None`` where no rate is known.

    Rates are micro-dollars a second and a clip (or a picture), keyed by the setting ``resolution``; the
    key ``""`` stands for every other. ``count`` names the setting that says how many are asked for.
    ``note`` says what the rates leave out, ``source`` and ``read_on`` where and when they were read.
    """

    per_second: Mapping[str, int] = field(default_factory=immutabledict)
    per_clip: Mapping[str, int] = field(default_factory=immutabledict)
    source: str = ""
    read_on: date | None = None
    note: str = ""
    count: str = "number_of_videos"

    def __call__(self, request: GenerationRequest) -> int | None:
        resolution = str(request.settings.get("resolution", ""))
        clips = int(request.settings.get(self.count, 1))
        a_second, a_clip = _rate(self.per_second, resolution), _rate(self.per_clip, resolution)
        seconds = request.settings.get("duration_s")
        if a_second is None and a_clip is None:
            return None
        if a_second is not None and seconds is None:
            return None
        return clips * ((a_clip or 0) + round((a_second or 0) * float(seconds or 0)))

    def __str__(self) -> str:
        """The rates in words, with their source: ``$0.40/s (720p) – Google's price list, 2026-11-06``."""
        rates = [f"{_usd(rate)}/s{_at(name)}" for name, rate in self.per_second.items()]
        rates += [f"{_usd(rate)} each{_at(name)}" for name, rate in self.per_clip.items()]
        where = ", ".join(part for part in (self.source, str(self.read_on or "")) if part)
        return " – ".join(part for part in (", ".join(rates), where, self.note) if part)


FREE = Price(per_clip=immutabledict({"": 0}))


def _rate(rates: Mapping[str, int], resolution: str) -> int | None:
    return rates.get(resolution, rates.get(""))


def _usd(rate: int) -> str:
    return f"${Decimal(rate) / MICROS:.4f}".rstrip("0").rstrip(".")


def _at(resolution: str) -> str:
    return f" ({resolution})" if resolution else ""
