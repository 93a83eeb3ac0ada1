"""``size`` ↔ a model's settings, for every video model that there is."""

from __future__ import annotations

import pytest

from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import InvalidRequest
from workbench.domain.run import Kind
from workbench.providers.animatic.model import PREVIEW
from workbench.providers.registry import providers
from workbench.providers.vertex.models import VEO
from workbench.server.sizes import chosen, lines, pixels, possible
from workbench.settings import Settings


def every_model(tmp_path_factory: pytest.TempPathFactory) -> list[Capabilities]:
    found = providers(Settings(tmp_path_factory.mktemp("data")))
    return [model for provider in found for model in provider.models() if model.kind is Kind.VIDEO]


def test_every_size_that_is_told_is_taken_and_means_itself(tmp_path_factory: pytest.TempPathFactory) -> None:
    models = every_model(tmp_path_factory)
    assert len(models) > 5
    for model in models:
        for size in possible(model):
            settings = chosen(size, model)
            assert pixels(str(settings["resolution"]), str(settings["aspect_ratio"])) == size


@pytest.mark.parametrize(
    ("size", "resolution", "ratio"),
    [
        ("1280x720", "720p", "16:9"),
        ("720x1280", "720p", "9:16"),
        ("1920X1080", "1080p", "16:9"),
        (" 3840 x 2160 ", "4k", "16:9"),
    ],
)
def test_veo(size: str, resolution: str, ratio: str) -> None:
    assert chosen(size, VEO[0]) == {"resolution": resolution, "aspect_ratio": ratio}


@pytest.mark.parametrize("size", ["854x480", "848x480", "832x480", "864x480", "853x480"])
def test_sides_as_codecs_like_them(size: str) -> None:
    assert chosen(size, PREVIEW) == {"resolution": "480p", "aspect_ratio": "16:9"}


@pytest.mark.parametrize(
    "size",
    ["1792x1024", "1024x1792", "640x480", "720x720", "1280x721", "1280", "x", "", "0x0", 7, None, "1e3x720"],
)
def test_what_veo_can_not_make_is_refused_with_what_it_can(size: object) -> None:
    with pytest.raises(InvalidRequest, match=r"1280x720, 720x1280, 1920x1080, 1080x1920, 3840x2160"):
        chosen(size, VEO[0])


@pytest.mark.parametrize(
    ("resolution", "short"),
    [("720p", 720), ("4k", 2160), ("4K", 2160), ("1K", None), ("high", None), ("", None)],
)
def test_lines(resolution: str, short: int | None) -> None:
    assert lines(resolution) == short


def test_pixels_that_can_not_be_told() -> None:
    assert pixels("", "16:9") == pixels("720p", "auto") == ""
    assert pixels("480p", "16:9") == "854x480"
