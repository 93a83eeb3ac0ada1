"""What tests put on the References page's shelf and read off its desk."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import OpenPage
from tests.ui.reading import press
from workbench.api import Workbench
from workbench.api.samples import samples
from workbench.domain.reference import Reference
from workbench.ui import errands
from workbench.ui.references.state import DRAFT

SAMPLES = {sample.path.stem: sample for sample in samples()}


def shelve(log: Workbench, *names: str) -> list[Reference]:
    return [log.shelve(SAMPLES[n].path, SAMPLES[n].label, clip=SAMPLES[n].is_clip) for n in names]


def picture(colour: str, size: tuple[int, int] = (96, 72)) -> bytes:
    with io.BytesIO() as handle:
        Image.new("RGB", size, colour).save(handle, "PNG")
        return handle.getvalue()


def draft(log: Workbench) -> Mapping[str, Any]:
    return log.store.drafts.load(DRAFT)


def pick(at: AppTest, *names: str) -> AppTest:
    for name in names:
        box = next(box for box in at.checkbox if box.label == name)
        box.set_value(not box.value).run()
        assert not at.exception, at.exception
    return at


def ticked(at: AppTest) -> list[str]:
    return [box.label for box in at.checkbox if box.value]


def widget(kind: Any, label: str) -> Any:
    return next(w for w in kind if w.label == label)


def editor(at: AppTest, label: str) -> dict[str, Any]:
    told = (json.loads(c.proto.mixed.json or c.proto.json) for c in at.get("bidi_component"))
    return next(data for data in told if data["label"] == label)


def settled(at: AppTest, token: str) -> AppTest:
    """Once the errand is done, as the page finds it at its next look."""
    assert errands.is_done(token, 30)
    at.run()
    assert not at.exception, at.exception
    return at


def looked(log: Workbench, open_page: OpenPage, *names: str) -> AppTest:
    shelve(log, *names)
    at = pick(open_page("references"), *(SAMPLES[n].label for n in names))
    press(at, "Look")
    if token := draft(log)["looking"]:
        settled(at, token)
    return at


def written(log: Workbench, open_page: OpenPage, *names: str) -> AppTest:
    at = looked(log, open_page, *names)
    widget(at.text_area, "Subjects, one per line").set_value("an amber glass bottle").run()
    at.selectbox(key="desk.use_case").set_value("product_video").run()
    return press(at, "Write")
