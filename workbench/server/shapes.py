"""The shapes of what is answered: written down for the document, and held to it by the tests."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Trouble(Shape):
    code: str = Field(description="For programs.")
    message: str = Field(description="What is wrong, for a person.")
    param: str | None = Field(description="The field that is meant.")
    hint: str | None = Field(description="What is allowed, or what to do.")


class ErrorShape(Shape):
    error: Trouble


# /v1/videos


class VideoTrouble(Shape):
    code: str
    message: str


class VideoShape(Shape):
    """A run, in the words of OpenAI's Videos API. ``note`` is ours: what it waits for, or what it does."""

    id: str
    object: Literal["video"]
    status: Literal["queued", "in_progress", "completed", "failed"]
    progress: int = Field(ge=0, le=100)
    created_at: int
    completed_at: int | None
    expires_at: int | None = Field(description="Always null: nothing expires here.")
    model: str
    prompt: str | None
    seconds: str
    size: str
    remixed_from_video_id: str | None
    error: VideoTrouble | None
    note: str


class VideoPage(Shape):
    object: Literal["list"]
    data: list[VideoShape]
    first_id: str | None
    last_id: str | None
    has_more: bool


class DeletedVideo(Shape):
    id: str
    object: Literal["video.deleted"]
    deleted: bool


class ModelName(Shape):
    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ModelNames(Shape):
    object: Literal["list"]
    data: list[ModelName]


# /api


class MediaShape(Shape):
    """A stored file. ``url`` is relative to this server."""

    sha256: str
    mime: str
    size_bytes: int
    width: int
    height: int
    url: str
    duration_s: float | None = None
    fps: float | None = None
    has_audio: bool | None = None


class ReferenceShape(MediaShape):
    note: str = Field(description="What was changed on the way in.")
    name: str
    origin: str
    added_at: str


class ReferencePage(Shape):
    data: list[ReferenceShape]
    has_more: bool


class ReferencesMade(Shape):
    data: list[ReferenceShape]


class InputShape(MediaShape):
    role: str
    position: int


class ClipShape(MediaShape):
    poster: str | None
    last_frame: str | None


class RunShape(Shape):
    """Times are ISO 8601 in UTC, money is millionths of a US dollar."""

    id: str
    status: str
    outcome: str = Field(description="One sentence: what became of the run, of the money, what to do.")
    kind: str
    emulated: bool
    model: str
    prompt: str
    negative_prompt: str
    seed: int | None
    take: int
    settings: dict[str, str | int | float | bool]
    inputs: list[InputShape]
    clips: list[ClipShape]
    progress: float | None
    progress_note: str
    created_at: str
    submitted_at: str | None
    accepted_at: str | None
    ready_at: str | None
    finished_at: str | None
    deleted_at: str | None
    queue_s: float | None
    latency_s: float | None
    download_s: float | None
    failure: str | None
    message: str
    blocked_reason: str
    waits_for: str
    overdue: bool
    cancel_requested: bool
    held_until: str | None
    filtered: list[str]
    adjustments: list[str]
    report: dict[str, object]
    estimate_micros: int | None
    billed_micros: int | None
    charge: str
    rating: float | None
    parent_id: str | None
    parenthood: str | None
    experiment_id: str | None


class RunPage(Shape):
    data: list[RunShape]
    older: int | None = Field(description="The next page: before=….")


class RunsMade(Shape):
    data: list[RunShape]


class RatingShape(Shape):
    criterion: str
    score: int
    position: int
    person: str
    comment: str
    blind: bool
    created_at: str | None


class RatingsShape(Shape):
    data: list[RatingShape]


class NoteShape(Shape):
    id: str
    text: str
    at_s: float | None
    position: int
    person: str
    created_at: str | None


class NotesShape(Shape):
    data: list[NoteShape]


class MetricShape(Shape):
    value: float | None = Field(description="null where the metric has no meaning for the clip.")
    unit: str
    version: int = Field(description="Of its formula.")


class MeasuredShape(Shape):
    position: int
    measured_at: str
    is_current: bool = Field(description="By the formulas of today.")
    fault: str = Field(description="Why there are no values, where it could not be measured.")
    metrics: dict[str, MetricShape]


class MeasuredList(Shape):
    data: list[MeasuredShape] = Field(description="By clip; one that was not measured yet is left out.")


class SettingShape(Shape):
    name: str
    label: str
    help: str
    unit: str
    default: str | int | float | bool
    allowed: str
    values: list[str | int | float | bool] | None
    least: int | None
    most: int | None


class RoleShape(Shape):
    most: int
    mimes: list[str]


class ModelShape(Shape):
    model: str
    label: str
    summary: str
    kind: str
    ready: bool
    missing: list[str] = Field(description="The variables that have to be set first.")
    stage: str
    ends_on: str | None
    successor: str
    settings: list[SettingShape]
    roles: dict[str, RoleShape]
    sizes: list[str] = Field(description="What size may be at /v1/videos.")
    negative_prompt: bool
    seed: bool
    prompt_limit_chars: int
    price: str
    local: bool


class ModelPage(Shape):
    data: list[ModelShape]


class PromptVersionShape(Shape):
    id: str
    name: str
    number: int
    text: str
    negative_text: str
    note: str
    created_at: str


class PromptNames(Shape):
    data: list[str]
    has_more: bool


class PromptHistory(Shape):
    data: list[PromptVersionShape]


class HealthShape(Shape):
    status: str
    version: str | None = None
    runner: bool | None = None
