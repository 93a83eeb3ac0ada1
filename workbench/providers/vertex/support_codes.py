"""What Google's support codes stand for, so that a person reads why a clip was taken."""

from __future__ import annotations

import re

from immutabledict import immutabledict

from workbench.providers.http import refusals

# "Safety filter code categories" of Google's page on responsible AI and usage guidelines for Veo.
CATEGORIES = immutabledict(
    {
        "58061214": "children",
        "17301594": "children",
        "29310472": "a celebrity",
        "15236754": "a celebrity",
        "64151117": "a safety violation in the video",
        "42237218": "a safety violation in the video",
        "62263041": "dangerous content",
        "57734940": "hate",
        "22137204": "hate",
        "74803281": "something else that is not allowed",
        "29578790": "something else that is not allowed",
        "42876398": "something else that is not allowed",
        "89371032": "prohibited content",
        "49114662": "prohibited content",
        "63429089": "prohibited content",
        "72817394": "prohibited content",
        "60599140": "prohibited content",
        "35561574": "content of third parties",
        "35561575": "content of third parties",
        "90789179": "sexual content",
        "43188360": "sexual content",
        "78610348": "toxic content",
        "61493863": "violence",
        "56562880": "violence",
        "32635315": "vulgar content",
    }
)
_CODE = re.compile(r"\b\d{8}\b")
_SAID = re.compile(r"(?i)[\s.,;:]*support codes?\s*:?\s*[\d,;\s]*\.?\s*$")
_GUIDELINES = re.compile(r"(?i)violates?\b[^.]{0,60}(guideline|polic|responsible ai)")


def in_words(text: str) -> str:
    """``"… Support codes: 15236754"`` → ``"… (a celebrity, support code 15236754)"``."""
    codes = list(dict.fromkeys(_CODE.findall(text)))
    if not codes:
        return text
    named = ", ".join(
        f"{CATEGORIES.get(code, 'a reason that is not listed')}, support code {code}" for code in codes
    )
    rest = _CODE.sub("", _SAID.sub("", text)).strip(" ,.;:")
    return f"{rest} ({named})" if rest else named


def is_safety(text: str) -> bool:
    """Whether the text of an error tells of the safety filter."""
    has_code = any(code in CATEGORIES for code in _CODE.findall(text))
    return has_code or bool(_GUIDELINES.search(text)) or refusals.is_safety(text)
