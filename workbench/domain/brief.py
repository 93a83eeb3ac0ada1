"""What was seen in references: one ``Look`` a reference, merged into one ``Brief`` that prompts come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from immutabledict import immutabledict

BY_MEASURE = "local/measure"  # the look that needs no model: what can be measured in the pixels


class Facet(StrEnum):
    """One thing that a look answers. ``label``, ``asks`` and the rest stand in the table below."""

    SUBJECT = "subject"
    KEEP = "keep"
    ACTION = "action"
    SETTING = "setting"
    COMPOSITION = "composition"
    CAMERA = "camera"
    LENS = "lens"
    LIGHT = "light"
    STYLE = "style"
    MOOD = "mood"
    TEXT = "text"
    SPEED = "speed"
    DIRECTION = "direction"
    RHYTHM = "rhythm"
    CAMERA_PATH = "camera_path"
    AVOID = "avoid"

    @property
    def label(self) -> str:
        return _FACETS[self].label

    @property
    def asks(self) -> str:
        """What whoever looks is asked."""
        return _FACETS[self].asks

    @property
    def is_many(self) -> bool:
        """Several answers stand side by side; of any other facet, two that differ are a conflict."""
        return _FACETS[self].is_many

    @property
    def is_motion(self) -> bool:
        """Only a clip can tell it."""
        return _FACETS[self].is_motion


@dataclass(frozen=True, slots=True)
class _About:
    label: str
    asks: str
    is_many: bool = False
    is_motion: bool = False


_FACETS = immutabledict(
    {
        Facet.SUBJECT: _About("Subjects", "Who or what is shown, each with its telling features.", True),
        Facet.KEEP: _About(
            "Must stay the same",
            "What would have to look the same in every clip of it: faces, shapes, materials, colours, marks.",
            True,
        ),
        Facet.ACTION: _About("Action", "What happens, or is about to."),
        Facet.SETTING: _About("Setting", "The place, the time of day and the weather."),
        Facet.COMPOSITION: _About("Composition", "Shot size, framing, where the subject stands."),
        Facet.CAMERA: _About("Camera", "Height and angle of the camera, and how it moves, if it does."),
        Facet.LENS: _About("Lens and focus", "Focal length as it appears, depth of field, focus."),
        Facet.LIGHT: _About("Light", "Its source, direction, hardness, contrast and colour."),
        Facet.STYLE: _About("Style", "The kind of picture: medium, genre, film stock, finish."),
        Facet.MOOD: _About("Mood", "What it feels like, in a few words."),
        Facet.TEXT: _About("Text in the picture", "Words, logos and numbers that can be read.", True),
        Facet.SPEED: _About("Speed", "How fast things move.", False, True),
        Facet.DIRECTION: _About("Direction", "Which way things move in the picture.", False, True),
        Facet.RHYTHM: _About("Rhythm", "Steady or not, cuts and beats, speeding up or slowing.", False, True),
        Facet.CAMERA_PATH: _About("Camera path", "The way that the camera takes.", False, True),
        Facet.AVOID: _About(
            "To avoid", "Things that a model may add or spoil here; only things, never “no …”.", True
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Colour:
    """``hex`` is ``#rrggbb`` in sRGB; ``share`` of the picture's area, 0 to 1; ``name`` in plain English."""

    hex: str
    share: float
    name: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What ``model`` saw in one file. ``unseen`` says in sentences what it could not see.

    ``palette`` is always measured, whatever the model.
    """

    media_sha256: str
    model: str
    findings: Mapping[Facet, tuple[str, ...]] = field(default_factory=immutabledict)
    palette: tuple[Colour, ...] = ()
    unseen: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "media_sha256": self.media_sha256,
            "model": self.model,
            "findings": {facet.value: list(found) for facet, found in self.findings.items()},
            "palette": [[c.hex, c.share, c.name] for c in self.palette],
            "unseen": list(self.unseen),
        }

    @classmethod
    def of_json(cls, content: Mapping[str, Any]) -> Look:
        return cls(
            content["media_sha256"],
            content["model"],
            immutabledict({Facet(name): tuple(found) for name, found in content["findings"].items()}),
            _palette(content["palette"]),
            tuple(content["unseen"]),
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer. ``sources`` are the files (SHA-256) that it was seen in; none where a person wrote it."""

    text: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Brief:
    """Merged looks, or what a person made of them. ``references`` are the files looked at, in their order:
    the first is “image 1”.
    """

    references: tuple[str, ...] = ()
    findings: Mapping[Facet, tuple[Finding, ...]] = field(default_factory=immutabledict)
    palette: tuple[Colour, ...] = ()
    unseen: tuple[str, ...] = ()
    models: tuple[str, ...] = ()

    @property
    def conflicts(self) -> tuple[Facet, ...]:
        """Facets that can have one answer only and have several."""
        return tuple(f for f in Facet if not f.is_many and len(self.findings.get(f, ())) > 1)

    @property
    def title(self) -> str:
        """What a list calls it: who or what is shown, else what was seen first."""
        told = self.texts(Facet.SUBJECT) or next(filter(None, map(self.texts, Facet)), ())
        return ", ".join(told) or "Nothing seen"

    def texts(self, facet: Facet) -> tuple[str, ...]:
        return tuple(finding.text for finding in self.findings.get(facet, ()))

    def with_texts(self, facet: Facet, texts: Sequence[str]) -> Brief:
        """As a person has edited it: what still stands keeps its sources."""
        before = {finding.text: finding for finding in self.findings.get(facet, ())}
        kept = tuple(before.get(text, Finding(text)) for text in texts if text.strip())
        return replace(self, findings=immutabledict({**self.findings, facet: kept}))

    def to_json(self) -> dict[str, Any]:
        return {
            "references": list(self.references),
            "findings": {
                facet.value: [[one.text, list(one.sources)] for one in found]
                for facet, found in self.findings.items()
                if found
            },
            "palette": [[c.hex, c.share, c.name] for c in self.palette],
            "unseen": list(self.unseen),
            "models": list(self.models),
        }

    @classmethod
    def of_json(cls, content: Mapping[str, Any]) -> Brief:
        findings = {
            Facet(name): tuple(Finding(text, tuple(sources)) for text, sources in found)
            for name, found in content["findings"].items()
        }
        return cls(
            tuple(content["references"]),
            immutabledict(findings),
            _palette(content["palette"]),
            tuple(content["unseen"]),
            tuple(content["models"]),
        )


def _palette(rows: Sequence[Sequence[Any]]) -> tuple[Colour, ...]:
    return tuple(Colour(str(row[0]), float(row[1]), str(row[2])) for row in rows)
