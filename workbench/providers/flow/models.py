"""Flow's model keys as models. They are Flow's own names, no ids of an official API."""

from __future__ import annotations

from dataclasses import replace

from immutabledict import immutabledict

from workbench.domain.capabilities import IMAGES, Capabilities, Choice, RoleLimit, Rule, SeedRange, Text
from workbench.domain.media import Role
from workbench.domain.run import Kind

ENDPOINT = "flow"
STILL_MODEL = "GEM_PIX_2"
STILL_PROMPT = "still_prompt"
SOURCES = immutabledict(
    {
        "keys, aspect words, seeds, statuses": "the guide “Video Generation (Veo 3)”",
        "uploads, picture inputs, start and end frame": "public clients of Flow, read 2026-11-21",
        "portrait with references": "a field of the document's; some public clients send landscape only",
        "prices": "none known: Flow is paid by subscription and credits",
    }
)


def _ratio(*values: str) -> Choice:
    return Choice("aspect_ratio", "Aspect ratio", values[0], "Landscape or portrait.", values=values)


_TEXT = Capabilities(
    model=f"{ENDPOINT}/veo_3_1_t2v_fast",
    label="Flow – Veo 3.1 fast, text, landscape",
    summary="Text to clip over your own gateway to Flow.",
    settings=(_ratio("16:9"),),
    negative_prompt=False,
    seed=SeedRange(0, 999_999),  # what the document and public clients send; the limit is not documented
    at_once=4,
    sources=SOURCES,
)

MODELS = (
    _TEXT,
    replace(
        _TEXT,
        model=f"{ENDPOINT}/veo_3_1_t2v_fast_portrait",
        label="Flow – Veo 3.1 fast, text, portrait",
        settings=(_ratio("9:16"),),
    ),
    replace(
        _TEXT,
        model=f"{ENDPOINT}/veo_3_0_r2v_fast_ultra",
        label="Flow – Veo fast, reference images",
        summary="Reference images to clip. Without any, a still is made first and the clip follows it.",
        settings=(
            _ratio("16:9", "9:16"),
            Text(
                STILL_PROMPT,
                "Still",
                "",
                "Without reference images: what the still shows (empty: the prompt). It is charged too.",
                longest=4_000,
            ),
        ),
        roles=immutabledict({Role.REFERENCE: RoleLimit(3, IMAGES)}),
        rules=(
            Rule(
                STILL_PROMPT,
                "A still is described although reference images are given.",
                "Take the images away, or leave it empty.",
                lambda r: bool(r.settings.get(STILL_PROMPT)) and bool(r.inputs_as(Role.REFERENCE)),
            ),
        ),
    ),
    replace(
        _TEXT,
        model=f"{ENDPOINT}/veo_3_1_i2v_s_fast_fl",
        label="Flow – Veo 3.1 fast, first and last frame",
        summary="A clip between two pictures.",
        settings=(_ratio("16:9", "9:16"),),
        roles=immutabledict({Role.FIRST_FRAME: RoleLimit(1, IMAGES), Role.LAST_FRAME: RoleLimit(1, IMAGES)}),
        rules=(
            Rule(
                Role.FIRST_FRAME,
                "This model goes from a first frame to a last frame.",
                "Give both pictures; from one picture alone, use it as a reference image of "
                "flow/veo_3_0_r2v_fast_ultra.",
                lambda r: not (r.inputs_as(Role.FIRST_FRAME) and r.inputs_as(Role.LAST_FRAME)),
            ),
        ),
    ),
    replace(
        _TEXT,
        model=f"{ENDPOINT}/{STILL_MODEL}",
        label="Flow – still (GEM_PIX_2)",
        summary="A picture, to become a reference or a frame of the next clip without an upload.",
        kind=Kind.IMAGE,
        settings=(_ratio("16:9", "9:16", "1:1"),),
        roles=immutabledict({Role.REFERENCE: RoleLimit(3, IMAGES)}),
    ),
)
