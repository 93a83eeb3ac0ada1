"""Pictures made smaller step by step, for a server that calls the request too large (413)."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from workbench.domain.media import Media

QUALITY = 92
LONGEST_SIDES = (None, 2048, 1536, 1024, 768)  # pixels; the first step keeps the size
WORTH_SENDING = 0.95  # of the step before; what is hardly smaller would be refused again
_OPENERS = {"image/png": PngImageFile, "image/jpeg": JpegImageFile}


@dataclass(frozen=True, slots=True)
class Smaller:
    """A picture to send in place of a stored one. It lies in the caller's folder, not in the log."""

    media: Media
    path: Path


def shrink(pictures: Sequence[tuple[Media, Path]], folder: Path) -> Iterator[dict[str, Smaller]]:
    """Smaller and smaller sets, by the SHA-256 of the stored picture; only those that have changed.

    Transparency becomes white. Writes into ``folder``; a step that hardly saves anything is left out.
    """
    best = sum(media.size_bytes for media, _ in pictures)
    for longest in LONGEST_SIDES:
        found = {media.sha256: shrunk(media, path, longest, folder) for media, path in pictures}
        changed = {sha256: smaller for sha256, smaller in found.items() if smaller}
        size = sum((changed[m.sha256].media if m.sha256 in changed else m).size_bytes for m, _ in pictures)
        if size < WORTH_SENDING * best:
            best = size
            yield changed


def shrunk(media: Media, path: Path, longest: int | None, folder: Path) -> Smaller | None:
    """The picture with sides of at most ``longest`` pixels, as JPEG in ``folder``.

    ``None`` where it is no larger as it is stored.
    """
    with path.open("rb") as handle, _OPENERS[media.mime](handle) as picture:
        flat = _flat(picture)
        if longest and max(flat.size) > longest:
            scale = longest / max(flat.size)
            size = (max(1, round(flat.width * scale)), max(1, round(flat.height * scale)))
            flat = flat.resize(size, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    flat.save(out, "JPEG", quality=QUALITY, optimize=True)
    data = out.getvalue()
    if len(data) >= media.size_bytes:
        return None
    sha256 = hashlib.sha256(data).hexdigest()
    target = folder / f"{sha256}.jpg"
    target.write_bytes(data)
    return Smaller(Media(sha256, "image/jpeg", len(data), flat.width, flat.height), target)


def _flat(picture: Image.Image) -> Image.Image:
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        ground = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(ground, layer).convert("RGB")
    return picture.convert("RGB")
