"""What leaves for Vertex AI, to the field, against requests that google-genai 3.4.0 was recorded to send."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from immutabledict import immutabledict

from tests.providers.vertex_ground import Inputs, created, submission, vertex
from workbench.domain.media import Role
from workbench.emulators.faults import Step
from workbench.emulators.vertex import MODELS, PROJECT, VertexEmulator
from workbench.providers.base import Parent, Submission
from workbench.providers.vertex import Vertex

PLAIN = {"durationSeconds": 8, "aspectRatio": "16:9", "resolution": "720p", "generateAudio": True}


@pytest.fixture
def emulator() -> Iterator[VertexEmulator]:
    with VertexEmulator(service_account=True) as running:
        yield running


@pytest.fixture
def provider(emulator: VertexEmulator, tmp_path: Path) -> Vertex:
    return vertex(emulator, tmp_path / "data")


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    folder = tmp_path / "media"
    folder.mkdir()
    return Inputs(folder)


def sent(provider: Vertex, emulator: VertexEmulator, asked: Submission) -> Any:
    async def once() -> None:
        try:
            await provider.submit(asked)
        finally:
            await provider.close()

    asyncio.run(once())
    (body,) = created(emulator)
    return body


def test_text_with_every_field(provider: Vertex, emulator: VertexEmulator) -> None:
    asked = submission(
        provider=provider,
        number_of_videos=2,
        output_gcs_uri="gs://bucket/out/",
        duration_s=8,
        seed=1234,
        resolution="1080p",
        person_generation="allow_all",
        pubsub_topic="projects/p/topics/topic",
        negative_prompt="cartoon",
        enhance_prompt=False,
        generate_audio=False,
        compression_quality="lossless",
        resize_mode="crop",
        labels="team=x, shot=lion-12",
    )
    assert sent(provider, emulator, asked) == {
        "instances": [{"prompt": "A lion in the savannah at dawn."}],
        "parameters": {
            "sampleCount": 2,
            "storageUri": "gs://bucket/out/",
            "durationSeconds": 8,
            "seed": 1234,
            "aspectRatio": "16:9",
            "resolution": "1080p",
            "personGeneration": "allow_all",
            "pubsubTopic": "projects/p/topics/topic",
            "negativePrompt": "cartoon",
            "enhancePrompt": False,
            "generateAudio": False,
            "compressionQuality": "LOSSLESS",
            "resizeMode": "CROP",
        },
        "labels": {"team": "x", "shot": "lion-12"},
    }


@pytest.mark.parametrize("model", MODELS)
def test_defaults_are_left_to_the_service_but_for_what_decides_the_price(
    model: str, provider: Vertex, emulator: VertexEmulator
) -> None:
    body = sent(provider, emulator, submission(provider=provider, model=f"vertex/{model}"))
    assert body == {"instances": [{"prompt": "A lion in the savannah at dawn."}], "parameters": PLAIN}
    (request,) = emulator.book.of(Step.CREATE)
    assert request.method == "POST"
    assert request.path == (
        f"/v1beta1/projects/{PROJECT}/locations/us-central1/publishers/google/models/{model}:predictLongRunning"
    )


def test_a_bucket_of_blanks_is_none(provider: Vertex, emulator: VertexEmulator) -> None:
    asked = submission(provider=provider, output_gcs_uri="  ", pubsub_topic=" ", labels=" ")
    assert sent(provider, emulator, asked)["parameters"] == PLAIN


def test_seed_zero_is_a_seed(provider: Vertex, emulator: VertexEmulator) -> None:
    assert sent(provider, emulator, submission(provider=provider, seed=0))["parameters"]["seed"] == 0


def test_first_frame(provider: Vertex, emulator: VertexEmulator, inputs: Inputs) -> None:
    first = inputs.png(Role.FIRST_FRAME, "first")
    asked = submission(inputs, provider=provider, prompt="Camera pans.", aspect_ratio="9:16", duration_s=4)
    assert sent(provider, emulator, asked) == {
        "instances": [
            {"prompt": "Camera pans.", "image": {"bytesBase64Encoded": first, "mimeType": "image/png"}}
        ],
        "parameters": {**PLAIN, "aspectRatio": "9:16", "durationSeconds": 4},
    }


def test_first_and_last_frame_and_no_prompt(
    provider: Vertex, emulator: VertexEmulator, inputs: Inputs
) -> None:
    first, last = inputs.png(Role.FIRST_FRAME, "first"), inputs.png(Role.LAST_FRAME, "last")
    asked = submission(inputs, provider=provider, prompt="")
    assert sent(provider, emulator, asked) == {
        "instances": [
            {
                "image": {"bytesBase64Encoded": first, "mimeType": "image/png"},
                "lastFrame": {"bytesBase64Encoded": last, "mimeType": "image/png"},
            }
        ],
        "parameters": PLAIN,
    }


def test_three_reference_images_in_their_order(
    provider: Vertex, emulator: VertexEmulator, inputs: Inputs
) -> None:
    three = [inputs.png(Role.REFERENCE, name) for name in ("one", "two", "three")]
    asked = submission(inputs, provider=provider, prompt="The woman walks")
    references = [
        {"image": {"bytesBase64Encoded": given, "mimeType": "image/png"}, "referenceType": "ASSET"}
        for given in three
    ]
    assert sent(provider, emulator, asked) == {
        "instances": [{"prompt": "The woman walks", "referenceImages": references}],
        "parameters": PLAIN,
    }


def test_a_picture_that_was_made_a_jpeg_on_the_way_is_sent_as_one(
    provider: Vertex, emulator: VertexEmulator, inputs: Inputs
) -> None:
    inputs.add(Role.FIRST_FRAME, b"\xff\xd8\xff\xe0JPEG", "image/png", width=320, height=180)
    image = sent(provider, emulator, submission(inputs, provider=provider))["instances"][0]["image"]
    assert image == {"bytesBase64Encoded": "/9j/4EpQRUc=", "mimeType": "image/jpeg"}


@pytest.mark.parametrize(
    "parent",
    [
        None,
        Parent("run", immutabledict(), immutabledict()),
        Parent("run", immutabledict(), immutabledict(gcs_uris=["gs://b/0.mp4", "gs://b/1.mp4"])),
        Parent("run", immutabledict(), immutabledict(gcs_uris=["https://elsewhere/0.mp4"])),
        Parent("run", immutabledict(), immutabledict(gcs_uris="gs://b/0.mp4")),
    ],
    ids=["imported", "inline", "one of several", "no gs://", "no list"],
)
def test_extension_by_bytes(
    parent: Parent | None, provider: Vertex, emulator: VertexEmulator, inputs: Inputs
) -> None:
    clip = inputs.clip()
    asked = submission(inputs, provider=provider, prompt="continues", parent=parent)
    assert sent(provider, emulator, asked) == {
        "instances": [
            {"prompt": "continues", "video": {"bytesBase64Encoded": clip, "mimeType": "video/mp4"}}
        ],
        "parameters": {**PLAIN, "durationSeconds": 7},
    }


def test_extension_by_bucket(provider: Vertex, emulator: VertexEmulator, inputs: Inputs) -> None:
    inputs.clip()
    parent = Parent("run", immutabledict(), immutabledict(gcs_uris=["gs://b/v.mp4"]))
    asked = submission(inputs, provider=provider, prompt="continues", parent=parent)
    assert sent(provider, emulator, asked)["instances"] == [
        {"prompt": "continues", "video": {"gcsUri": "gs://b/v.mp4", "mimeType": "video/mp4"}}
    ]


def test_an_api_key_sends_the_bytes_for_it_opens_no_bucket(
    emulator: VertexEmulator, inputs: Inputs, tmp_path: Path
) -> None:
    provider = vertex(emulator, tmp_path / "data", VERTEX_API_KEY=emulator.key)
    inputs.clip()
    parent = Parent("run", immutabledict(), immutabledict(gcs_uris=["gs://b/v.mp4"]))
    asked = submission(inputs, provider=provider, parent=parent)
    assert "bytesBase64Encoded" in sent(provider, emulator, asked)["instances"][0]["video"]
