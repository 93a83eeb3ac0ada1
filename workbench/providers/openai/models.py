"""OpenAI's models that read, as data. Its image models stand in ``images``."""

from __future__ import annotations

from datetime import date

from workbench.providers.reading import Known, Rate

SOURCE = (
    "genai-prices 0.2.3, quoting developers.openai.com/api/docs/pricing of October 2026 (read 2026-11-25)"
)
READERS = (  # the default first; a question of more than 272,000 tokens costs twice as much
    Known("gpt-6-luna", "GPT-6 Luna", (Rate("0.10", "0.50"),)),
    Known("gpt-6.1-terra", "GPT-6.1 Terra", (Rate("1", "5"),)),
    Known("gpt-6.1-sol", "GPT-6.1 Sol", (Rate("2", "10"),)),
    Known("gpt-6-sol", "GPT-6 Sol", (Rate("2", "10"),)),
    Known("gpt-6-astra", "GPT-6 Astra", (Rate("10", "50"),)),
)

# Ends: openai 3.52.0, types/shared/chat_model.py. Heirs: OpenAI's deprecations page, second-hand, and for
# the larger models the one of the same rank.
_SMALL, _LARGE = "gpt-6-luna", "gpt-6.1-terra"
_ENDS = {
    date(2026, 10, 23): {
        "gpt-4.1-nano": _SMALL,
        "gpt-4-turbo": _SMALL,
        "gpt-4o-2024-05-13": _SMALL,
        "o4-mini": _SMALL,
        "o1": _LARGE,
    },
    date(2026, 3, 26): {"gpt-4-turbo-preview": _SMALL},
    date(2026, 2, 17): {"chatgpt-4o-latest": _SMALL},
    date(2024, 12, 6): {"gpt-4-vision-preview": _SMALL},
    date(2026, 12, 11): {
        "gpt-5": _LARGE,
        "gpt-5-2025-08-07": _LARGE,
        "gpt-5-mini": _SMALL,
        "gpt-5-mini-2025-08-07": _SMALL,
        "gpt-5-nano": _SMALL,
        "gpt-5-nano-2025-08-07": _SMALL,
        "o3": _LARGE,
        "o3-2025-04-16": _LARGE,
    },
    date(2027, 1, 14): {
        "gpt-4o": _SMALL,
        "gpt-4o-2024-08-06": _SMALL,
        "gpt-4o-2024-11-20": _SMALL,
        "gpt-4o-mini": _SMALL,
        "gpt-4o-mini-2024-07-18": _SMALL,
        "gpt-4.1": _SMALL,
        "gpt-4.1-2025-04-14": _SMALL,
        "gpt-4.1-mini": _SMALL,
        "gpt-4.1-mini-2025-04-14": _SMALL,
    },
    date(2027, 4, 1): {
        "gpt-5.1": _LARGE,
        "gpt-5.1-2025-11-13": _LARGE,
        "gpt-5.4-nano": _SMALL,
        "gpt-5.4-nano-2026-03-17": _SMALL,
    },
}
LEAVING = tuple(
    Known(name, name, ends_on=day, heir=heir) for day, heirs in _ENDS.items() for name, heir in heirs.items()
)
