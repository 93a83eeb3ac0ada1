"""A scripted endpoint whose models differ from each other in everything that the pages have to say."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from immutabledict import immutabledict
from PIL import Image

from workbench.domain.capabilities import (
    CLIPS,
    IMAGES,
    Capabilities,
    Choice,
    Lifecycle,
    RoleLimit,
    Rule,
    Stage,
    Toggle,
)
from workbench.domain.media import Role
from workbench.domain.price import Price
from workbench.domain.request import GenerationRequest
from workbench.domain.run import Json, Kind
from workbench.providers.base import Fetched, Found, Missing, Probe, RemoteClip
from workbench.providers.fake import Fake

RATIO = Choice("aspect_ratio", "Aspect ratio", "16:9", values=("16:9", "9:16"))
ENHANCE = Toggle("enhance", "Prompt enhancement", False)
PRICE = Price(
    per_second=immutabledict({"": 400_000}),
    source="a price list",
    read_on=date(2026, 11, 6),
    note="with sound",
)

FULL = Capabilities(
    model="studio/full",
    label="Full",
    summary="Takes everything.",
    settings=(Choice("duration_s", "Duration", 8, unit="s", values=(4, 8)), RATIO, ENHANCE),
    roles=immutabledict(
        {
            Role.FIRST_FRAME: RoleLimit(1, IMAGES),
            Role.REFERENCE: RoleLimit(3, IMAGES),
            Role.SOURCE_CLIP: RoleLimit(1, CLIPS),
            Role.EDITED_CLIP: RoleLimit(1, CLIPS),
            Role.REFERENCE_CLIP: RoleLimit(2, CLIPS),
        }
    ),
    cautions=(
        Rule(
            "seed",
            "The seed gives no clip again while prompts are enhanced.",
            "Turn enhancement off.",
            lambda request: bool(request.settings.get("enhance")),
        ),
    ),
    lifecycle=Lifecycle(Stage.PREVIEW, ends_on=date(2027, 5, 4), successor="studio/plain"),
    price=PRICE,
    can_find=True,
)
PLAIN = replace(
    FULL,
    model="studio/plain",
    label="Plain",
    negative_prompt=False,
    seed=None,
    settings=(FULL.settings[0],),
    roles=immutabledict(),
    cautions=(),
    lifecycle=Lifecycle(),
    can_find=False,
)
UNPRICED = replace(FULL, model="studio/unpriced", label="Unpriced", price=lambda _: None)
STILL = Capabilities(
    model="studio/still",
    label="Still",
    summary="Makes pictures.",
    settings=(RATIO,),
    kind=Kind.IMAGE,
    negative_prompt=False,
    seed=None,
    price=Price(per_clip=immutabledict({"": 40_000}), source="a price list"),
)


class Studio(Fake):
    """``lacks`` is what it says to be missing, ``listed`` what it finds, ``probed`` what it answers."""

    endpoint = "studio"
    account = "studio:test"
    lacks: Sequence[Missing] = ()
    listed: Sequence[Found] = ()
    probed = Probe(True, "3 models are listed")

    def models(self) -> Sequence[Capabilities]:
        return [FULL, PLAIN, UNPRICED, STILL]

    def missing(self) -> Sequence[Missing]:
        return self.lacks

    async def probe(self) -> Probe:
        return self.probed

    async def find(self, request: GenerationRequest, since: datetime) -> Sequence[Found]:
        return self.listed

    async def fetch(self, operation: Json, clip: RemoteClip, folder: Path) -> Fetched:
        if self.kinds.get(str(operation["id"])) is not Kind.IMAGE:
            return await super().fetch(operation, clip, folder)
        path = folder / "still.png"
        picture = io.BytesIO()
        Image.new("RGB", (160, 90), "#c0763c").save(picture, "PNG")
        path.write_bytes(picture.getvalue())
        return Fetched(path)

    def __init__(self, *arguments: object, **more: object) -> None:
        super().__init__(*arguments, **more)  # type: ignore[arg-type]
        self.kinds: dict[str, Kind] = {}

    async def submit(self, submission: object) -> Json:
        operation = await super().submit(submission)  # type: ignore[arg-type]
        model = self.model(submission.request.model)  # type: ignore[attr-defined]
        assert model
        self.kinds[str(operation["id"])] = model.kind
        return operation


class Emulated(Studio):
    account = "studio:emulated:test"


def found(name: str, *, is_likely: bool = False) -> Found:
    return Found({"id": name, "accepted": 1.0}, f"operation {name}", datetime.now(UTC), is_likely)
