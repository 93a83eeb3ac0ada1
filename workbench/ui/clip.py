"""Clips and pictures by URL: the browser asks the media route for just what somebody looks at."""

from __future__ import annotations

from html import escape

from workbench.domain.media import Media
from workbench.domain.run import Clip


def media_url(media: Media) -> str:
    return f"/api/media/{media.sha256}.{media.extension}"


def shape(media: Media) -> str:
    """The style that gives ``wb-clip`` the proportions of ``media``."""
    return f"--wb-ratio:{media.width}/{media.height}"


def video_html(clip: Clip, label: str, *, autoplay: bool = False) -> str:
    """A ``<video>`` that loads nothing but its poster until it is played (unless ``autoplay``)."""
    poster = f' poster="{media_url(clip.poster)}"' if clip.poster else ""
    start = ' autoplay muted preload="auto"' if autoplay else ' preload="none"'
    return (
        f'<video class="wb-clip" controls loop playsinline{start}{poster} style="{shape(clip.media)}" '
        f'src="{media_url(clip.media)}" aria-label="{escape(label, quote=True)}"></video>'
    )


def shown_html(clip: Clip, label: str, *, autoplay: bool = False) -> str:
    """A player for a clip, a picture for a still."""
    return (
        video_html(clip, label, autoplay=autoplay) if clip.media.is_video else image_html(clip.media, label)
    )


def still_of(clip: Clip) -> Media | None:
    """What stands for it in a list: the poster, or the still itself."""
    return clip.poster or (None if clip.media.is_video else clip.media)


def poster_html(clip: Clip, label: str) -> str:
    picture = still_of(clip)
    if picture is None:
        return ""
    return (
        f'<img class="wb-clip" loading="lazy" src="{media_url(picture)}" '
        f'alt="{escape(label, quote=True)}" style="{shape(clip.media)}">'
    )


def image_html(media: Media, label: str) -> str:
    return (
        f'<img class="wb-clip" loading="lazy" src="{media_url(media)}" '
        f'alt="{escape(label, quote=True)}" style="{shape(media)}">'
    )


def thumbnail_html(media: Media, label: str) -> str:
    """A picture, or the first picture of a clip: nothing else of it is loaded."""
    about = escape(label, quote=True)
    if media.is_video:
        inside = (
            f'<video muted playsinline preload="metadata" tabindex="-1" src="{media_url(media)}#t=0.1" '
            f'aria-label="{about}"></video>'
        )
    else:
        inside = f'<img loading="lazy" src="{media_url(media)}" alt="{about}">'
    return f'<div class="wb-frame">{inside}</div>'
