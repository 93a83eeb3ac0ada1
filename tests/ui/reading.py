"""What the tests of pages read off a drawn page."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

from streamlit.testing.v1 import AppTest

from workbench.api import LoggedRun, Workbench


def make(log: Workbench, prompt: str, **request: Any) -> LoggedRun:
    """A run of the scripted provider, settled."""
    run_id = log.submit(log.request(prompt, model="fake/clip", **request))
    return log.wait([run_id], timeout_s=30, progress_bar=False)[0]


def html(at: AppTest) -> str:
    """As a person reads it: which blanks may break a line is left out."""
    return "\n".join(element.proto.body for element in at.get("html")).replace("\N{NO-BREAK SPACE}", " ")


def text(at: AppTest) -> str:
    """Everything said in words."""
    kinds = (at.markdown, at.caption, at.info, at.warning, at.error, at.success, at.header)
    return "\n".join(element.value for kind in kinds for element in kind)


def links(at: AppTest, label: str) -> list[dict[str, str]]:
    """Where the links with that label lead: ``page``, and what the address says."""
    return [
        {"page": link.proto.page}
        | {key: values[0] for key, values in parse_qs(link.proto.query_string).items()}
        for link in at.get("page_link")
        if link.proto.label == label
    ]


def press(at: AppTest, label: str) -> AppTest:
    """Click the first button of that name."""
    button = next(button for button in at.button if button.label == label)
    assert not button.disabled, label
    button.click().run()
    assert not at.exception, at.exception
    return at


def labels(at: AppTest) -> list[str]:
    return [button.label for button in at.button]


def query(at: AppTest) -> dict[str, list[str]]:
    """What the address says behind the question mark."""
    return {name: [value] if isinstance(value, str) else value for name, value in at.query_params.items()}


def said_in_address(at: AppTest, name: str) -> str:
    """What the page puts into the browser's address by itself."""
    drawn = [json.loads(element.proto.json) for element in at.get("bidi_component") if element.proto.json]
    return next(data["value"] for data in drawn if data.get("name") == name)  # type: ignore[no-any-return]


def players(at: AppTest) -> list[dict[str, Any]]:
    """What each synchronised player was given: ``clips``, ``marks``, ``state``, ``edition``."""
    drawn = [json.loads(element.proto.json) for element in at.get("bidi_component") if element.proto.json]
    return [data for data in drawn if "clips" in data]
