"""What each metric means: the table behind documents, pages and the log. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from zlib import crc32

from immutabledict import immutabledict

from workbench.domain.metric import Metric


class Direction(StrEnum):
    """Which way is better, all else being equal. ``AS_ASKED`` is best at 0 where it is a difference."""

    HIGHER = "higher"
    LOWER = "lower"
    AS_ASKED = "as asked"
    NONE = ""


@dataclass(frozen=True, slots=True)
class About:
    """``low`` and ``high`` bound the value; ``None`` is no bound. ``caveat`` says what not to take it for.

    A changed formula gets a new ``version``.
    """

    label: str
    unit: str
    direction: Direction
    low: float | None
    high: float | None
    formula: str
    source: str = "this package"
    caveat: str = ""
    version: int = 1


_UP, _DOWN, _ASKED, _NONE = Direction.HIGHER, Direction.LOWER, Direction.AS_ASKED, Direction.NONE
_WIDTHS = "frame widths/s"
_LEVELS = "levels"
_BS1770 = "ITU-R BS.1770-4"
_FLOW = "DIS optical flow (Kroeger et al., 2016), 256 pixels on the long side"
_SAME_SIZE = "Compare clips of one scene only"

METRICS: Mapping[str, About] = immutabledict(
    {
        "width_off": About("Width against the request", "px", _ASKED, None, None, "width shown − asked"),
        "height_off": About("Height against the request", "px", _ASKED, None, None, "height shown − asked"),
        "fps_off": About(
            *("Frame rate against the request", "fps", _ASKED, None, None),
            "mean rate of the pictures decoded − asked",
        ),
        "duration_off": About(
            *("Length against the request", "s", _ASKED, None, None),
            "length of the pictures decoded − asked; beyond a minute, what the file says",
        ),
        "codec_off": About(
            *("Codec against the request", "", _ASKED, 0, 1), "0 where it is the one asked for, else 1"
        ),
        "audio_off": About(
            *("Sound against the request", "", _ASKED, -1, 1),
            "0 as asked; −1 where a track of sound is missing, 1 where nobody asked for one",
        ),
        "motion": About(
            *("Motion", _WIDTHS, _NONE, 0, None),
            "mean length of the flow of everything, camera included",
            _FLOW,
        ),
        "camera_pan": About(
            *("Pan", _WIDTHS, _ASKED, None, None),
            "horizontal speed of the similarity that most of the flow follows, in the longest shot; + right",
            _FLOW,
            "A pan can't be told from a camera that trucks.",
        ),
        "camera_tilt": About(
            *("Tilt", "frame heights/s", _ASKED, None, None),
            "vertical speed of the same similarity; + up",
            _FLOW,
            "A tilt can't be told from a crane.",
        ),
        "camera_push": About(
            *("Push", "ln scale/s", _ASKED, None, None),
            "natural logarithm of the growth of the same similarity; + in",
            _FLOW,
            "A dolly can't be told from a zoom.",
        ),
        "camera_adherence": About(
            *("Camera as asked", "", _UP, -1, 1),
            "cosine between the way (pan, tilt, push, each as mean shift of the picture) and the way asked "
            "for, × speed up to 0.02 frame widths/s; asked to stand still: 1 − 2 × speed up to 0.1",
            "this package, on the engine's own camera moves",
            "Of the longest shot; an orbit, a handheld or an aerial move is not judged.",
        ),
        "jitter": About(
            *("Camera shake", _WIDTHS, _DOWN, 0, None),
            "root mean square of the camera's speed about a line over each second; across its way where it "
            "has one",
            _FLOW,
            "Asked for a handheld camera, more is no fault. Needs a shot of 1.5 s.",
        ),
        "flicker": About(
            *("Flicker", _LEVELS, _DOWN, 0, 255),
            "half the root mean square of the mean luma of a picture against the line between its two "
            "neighbours, cuts left out",
            caveat="Of the whole picture; what boils in places shows as warp error.",
        ),
        "warp_error": About(
            *("Warp error", _LEVELS, _DOWN, 0, 255),
            "mean absolute luma difference between textured points of a picture and where the flow takes "
            "them in the next, cuts left out",
            "Lai et al., Learning Blind Video Temporal Consistency (2018), without the mask of occlusion",
            f"{_SAME_SIZE}: blur, darkness and a low bit rate lower it too.",
        ),
        "frozen_share": About(
            *("Frozen", "", _DOWN, 0, 1),
            "share of the time in stretches of 0.3 s or more in which no picture differs from the last: "
            "mean of the largest 0.5 % of luma differences at 64 pixels ≤ 1.1, or ≤ 6 % of the most "
            "within 0.75 s",
            caveat="A locked-off shot of a still scene is frozen, too.",
        ),
        "duplicate_share": About(
            *("Repeated pictures", "", _DOWN, 0, 1),
            "share of the pictures that repeat the one before, by the same measure, while those around move",
            caveat="Drawn animation “on twos” repeats every second picture on purpose.",
        ),
        "sharpness": About(
            *("Sharpness", "levels²", _UP, 0, None),
            "variance of the Laplacian of luma, long side scaled to 512 pixels; mean over all pictures",
            "Pech-Pacheco et al. (2000)",
            "Not comparable across resolutions, nor across scenes: grain and texture raise it.",
        ),
        "sharpness_worst": About(
            *("Sharpness of the worst picture", "", _UP, 0, 1),
            "the least sharp picture ÷ the median one",
            "Pech-Pacheco et al. (2000)",
            "A cut to a calmer scene lowers it, too.",
        ),
        "exposure": About(*("Exposure", "", _NONE, 0, 1), "mean luma ÷ 255, mean over all pictures"),
        "clipped_dark": About(
            *("Clipped dark", "", _DOWN, 0, 1),
            "share of pixels with a luma of 3 or less",
            caveat="A night or black bars count.",
        ),
        "clipped_bright": About(
            *("Clipped bright", "", _DOWN, 0, 1),
            "share of pixels with a luma of 252 or more",
            caveat="A lamp or the sun counts.",
        ),
        "colourfulness": About(
            *("Colourfulness", "", _NONE, 0, None),
            "√(σ²rg + σ²yb) + 0.3 √(µ²rg + µ²yb); 0 grey, 33 moderate, 59 strong, 109 extreme",
            "Hasler and Süsstrunk, Measuring colourfulness in natural images (2003)",
        ),
        "cuts": About(
            *("Cuts", "", _ASKED, 0, None),
            "hard cuts: pictures that share nothing with the one before, however they are shifted",
            caveat="Dissolves and fades are not looked for.",
        ),
        "palette_kept": About(
            *("Palette kept over time", "", _UP, 0, 1),
            "mean overlap of Lab histograms (softened, 8 × 12 × 12 bins) of twelve pictures with that of all",
            "Swain and Ballard, Color indexing (1991)",
            "A camera that shows something new lowers it, too.",
        ),
        "first_frame_kept": About(
            *("First frame as given", "", _UP, -1, 1),
            "SSIM of the first picture and the image given, covered or contained, whichever is nearer; luma, "
            "256 pixels on the long side",
            "Wang et al., Image quality assessment (2004)",
        ),
        "last_frame_kept": About(
            *("Last frame as given", "", _UP, -1, 1),
            "the same of the last picture",
            "Wang et al., Image quality assessment (2004)",
        ),
        "reference_palette": About(
            *("Palette of the references", "", _UP, 0, 1),
            "overlap of Lab histograms of a reference and the nearest of twelve pictures; mean of all",
            "Swain and Ballard, Color indexing (1991)",
            "Colours only; it is not identity.",
        ),
        "reference_features": About(
            *("Detail of the references", "", _UP, 0, 1),
            "share of a reference's ORB keypoints that are found in one of twelve pictures in the same "
            "arrangement, the best; mean of the references",
            "Rublee et al., ORB (2011)",
            "The same view of the same thing; it is not identity, and a turned head loses it.",
        ),
        "fingerprint_high": About(
            *("Fingerprint, upper half", "", _NONE, 0, 2**32 - 1),
            "upper 32 bits of the pHash of the middle picture",
            "Zauner, Implementation and benchmarking of perceptual image hash functions (2010)",
            "To find near-duplicates; its size means nothing.",
        ),
        "fingerprint_low": About(
            *("Fingerprint, lower half", "", _NONE, 0, 2**32 - 1),
            "lower 32 bits of the same",
            "Zauner, Implementation and benchmarking of perceptual image hash functions (2010)",
            "To find near-duplicates; its size means nothing.",
        ),
        "loudness": About(
            *("Loudness", "LUFS", _NONE, -70, None),
            "integrated: K-weighted, blocks of 0.4 s, gated at −70 LUFS and 10 LU below the mean",
            _BS1770,
            "None for silence and for less than 0.4 s.",
        ),
        "sample_peak": About(*("Sample peak", "dBFS", _NONE, None, None), "20 log10 of the largest sample"),
        "true_peak": About(
            *("True peak", "dBTP", _NONE, None, None),
            "20 log10 of the largest value after four-fold oversampling, 48 taps",
            f"{_BS1770}, Annex 2",
            "Above 0 it clips when played.",
        ),
        "silence_share": About(
            *("Silence", "", _DOWN, 0, 1),
            "share of blocks of 0.1 s whose loudest channel is below −60 dBFS RMS",
        ),
        "audio_length_off": About(
            *("Sound against picture", "s", _ASKED, None, None),
            "length of the sound decoded − that of the pictures",
            caveat="Codecs pad sound to whole blocks: up to 0.05 s is nothing.",
        ),
    }
)


def _edition() -> int:
    """One number for all formulas together: another name, unit or version is another edition."""
    words = "\n".join(f"{name} {about.unit} {about.version}" for name, about in METRICS.items())
    return crc32(words.encode())


EDITION = _edition()


def metric(name: str, value: float | None) -> Metric:
    """A value with the unit and version of its table row, rounded to what can mean anything."""
    about = METRICS[name]
    return Metric(name, None if value is None else round(float(value), 6), about.unit, about.version)
