"""From a first frame to a last one: by optical flow where the pictures are related, else a dissolve."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from workbench.providers.animatic.plates import Photo, fit
from workbench.providers.animatic.raster import Field, Picture, smoothstep

_FLOW_WIDE = 480
_AGREE = 0.55  # part of the pixels whose flow there and back has to agree


class Morph:
    """Both pictures exact at their ends; eased in between."""

    def __init__(
        self, first: Photo, last: Photo, width: int, height: int, start: float, seconds: float
    ) -> None:
        self.first, self.last = (_rgba(fit(p, width, height)) for p in (first, last))
        self.start, self.seconds = start, seconds
        ahead, back = _flow(self.first, self.last), _flow(self.last, self.first)
        self.related = _agreement(ahead, back) >= _AGREE
        self.ahead, self.back = ahead, back
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        self.x, self.y = x, y

    def frame(self, t: float) -> Picture:
        u = float(smoothstep(0.0, 1.0, (t - self.start) / max(self.seconds - 1 / 24, 1e-6)))
        if self.related:
            # Flow from the moment between to both ends, after Jiang et al., Super SloMo (2018), eq. 4.
            to_first = -(1 - u) * u * self.ahead + u * u * self.back
            to_last = (1 - u) ** 2 * self.ahead - u * (1 - u) * self.back
            a, b = self._pulled(self.first, to_first), self._pulled(self.last, to_last)
        else:
            a, b = self._pushed(self.first, 1 + 0.10 * u), self._pushed(self.last, 1 + 0.10 * (1 - u))
        return cast(Picture, cv2.addWeighted(a, 1 - u, b, u, 0))

    def _pulled(self, picture: Picture, small: Field) -> Picture:
        height, width = picture.shape[:2]
        flow = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR) * np.float32(
            width / small.shape[1]
        )
        moved = cv2.remap(
            picture,
            self.x + flow[..., 0],
            self.y + flow[..., 1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return cast(Picture, moved)

    def _pushed(self, picture: Picture, scale: float) -> Picture:
        height, width = picture.shape[:2]
        matrix = np.array([[scale, 0, (1 - scale) * width / 2], [0, scale, (1 - scale) * height / 2]])
        return cast(Picture, cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_LINEAR))


def _flow(a: Picture, b: Picture) -> Field:
    """Dense flow from ``a`` to ``b`` at reduced width, in its own pixels."""
    scale = min(1.0, _FLOW_WIDE / a.shape[1])
    size = (max(32, round(a.shape[1] * scale)), max(32, round(a.shape[0] * scale)))
    grey = [
        cv2.cvtColor(cv2.resize(p, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGBA2GRAY) for p in (a, b)
    ]
    engine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow = engine.calc(grey[0], grey[1], None)  # type: ignore[call-overload]
    return np.asarray(cv2.GaussianBlur(flow, (0, 0), 3), np.float32)


def _agreement(ahead: Field, back: Field) -> float:
    """The part of the pixels that come back to where they started, within 2 % of the width."""
    height, width = ahead.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    returned = cv2.remap(
        back, x + ahead[..., 0], y + ahead[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    error = np.linalg.norm(ahead + returned, axis=-1)
    return float((error < 0.02 * width).mean())


def _rgba(picture: Photo) -> Picture:
    return cast(Picture, cv2.cvtColor(picture, cv2.COLOR_RGB2RGBA))
