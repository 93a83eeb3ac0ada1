"""``Price``: what a clip costs, as data with its source and date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from immutabledict import immutabledict

from workbench.domain.request import GenerationRequest

MICROS = Decimal(1_000_000)
STILLS = (
    "number_of_images"  # the setting of image models: a price written in workbench.toml counts by it, too
)


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
        clips = next((int(request.settings[n]) for n in (self.count, STILLS) if n in request.settings), 1)
        a_second, a_clip = _rate(self.per_second, resolution), _rate(self.per_clip, resolution)
        seconds = request.settings.get("duration_s")
        if a_second is None and a_clip is None:
            return None
        if a_second is not None and seconds is None:
            return None
        return clips * ((a_clip or 0) + round((a_second or 0) * float(seconds or 0)))

    def told_for(self, request: GenerationRequest) -> str:
        """The rates that ``request`` meets, with their source; empty where none is known for it."""
        resolution = str(request.settings.get("resolution", ""))
        a_second, a_clip = _rate(self.per_second, resolution), _rate(self.per_clip, resolution)
        rates = [f"{_usd(a_second)}/s" if a_second is not None else ""]
        rates += [f"{_usd(a_clip)} each" if a_clip is not None else ""]
        told = " + ".join(rate for rate in rates if rate)
        return " – ".join(part for part in (told, self._where) if part) if told else ""

    @property
    def _where(self) -> str:
        return ", ".join(part for part in (self.source, str(self.read_on or "")) if part)

    def __str__(self) -> str:
        """The rates in words, with their source: ``$0.40/s (720p) – Google's price list, 2026-11-06``."""
        rates = [f"{_usd(rate)}/s{_at(name)}" for name, rate in self.per_second.items()]
        rates += [f"{_usd(rate)} each{_at(name)}" for name, rate in self.per_clip.items()]
        return " – ".join(part for part in (", ".join(rates), self._where, self.note) if part)


FREE = Price(per_clip=immutabledict({"": 0}))


def _rate(rates: Mapping[str, int], resolution: str) -> int | None:
    return rates.get(resolution, rates.get(""))


def _usd(rate: int) -> str:
    """Cents, and what is smaller where it is not nothing: ``$0.40``, ``$0.0695``."""
    whole, _, decimals = f"{Decimal(rate) / MICROS:.4f}".partition(".")
    return f"${whole}.{decimals.rstrip('0').ljust(2, '0')}"


def _at(resolution: str) -> str:
    return f" ({resolution})" if resolution else ""
