"""The document holds: whatever is sent, valid or not, is answered as it says, and never with a 5xx."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import hypothesis
import pytest
import schemathesis
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.server.standing import Acting, standing
from workbench import Workbench
from workbench.domain.media import Role
from workbench.providers.fake import Script
from workbench.server import docs, openapi, routes
from workbench.settings import Settings

EXAMPLES = 12  # an operation; some five hundred requests in all
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
schema = schemathesis.openapi.from_dict(openapi.document(routes.OPERATIONS)).exclude(path="/api/events")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """The default model's name stands for one that draws nothing."""
    folder = tmp_path_factory.mktemp("data")
    drawn = Acting("animatic", folder, Script(models=("preview",)), (Role.FIRST_FRAME, Role.LAST_FRAME))
    return Workbench(settings=Settings(folder), providers=[drawn], app=True)


@pytest.fixture(scope="module")
def address(bench: Workbench) -> Iterator[str]:
    with standing(bench) as address:
        yield address


@pytest.fixture(scope="module")
def known(bench: Workbench, address: str) -> dict[str, str]:
    """Something to be found under each name of a path."""
    made = httpx.post(f"{address}/v1/videos", json={"prompt": "x"}, trust_env=False).json()["id"]
    bench.wait([made], timeout_s=30)
    httpx.post(f"{address}/api/prompts", json={"name": "lions", "text": "x"}, trust_env=False)
    return {"id": made}


@schema.parametrize()
@hypothesis.settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
def test_every_answer_is_as_the_document_says(case: Case, address: str, bench: Workbench) -> None:
    answer = case.call(base_url=address)
    case.validate_response(answer, checks=list(CHECKS))


READ = [
    ("/v1/videos", "VideoPage"),
    ("/v1/videos/{id}", "VideoShape"),
    ("/v1/models", "ModelNames"),
    ("/api/runs", "RunPage"),
    ("/api/runs/{id}", "RunShape"),
    ("/api/runs/{id}/ratings", "RatingsShape"),
    ("/api/runs/{id}/notes", "NotesShape"),
    ("/api/runs/{id}/metrics", "MeasuredList"),
    ("/api/models", "ModelPage"),
    ("/api/models/animatic/preview", "ModelShape"),
    ("/api/prompts", "PromptNames"),
    ("/api/prompts/lions", "PromptHistory"),
    ("/api/references", "ReferencePage"),
    ("/api/health", "HealthShape"),
]


@pytest.mark.parametrize(("path", "shape"), READ)
def test_real_answers_have_their_shape(address: str, known: dict[str, str], path: str, shape: str) -> None:
    """Random ids find nothing; here there is something to be found."""
    from workbench.server import shapes

    answer = httpx.get(address + path.format(**known), trust_env=False)
    assert answer.status_code == 200
    getattr(shapes, shape).model_validate_json(answer.content, strict=True)


def test_it_is_openapi_3_1_and_names_every_route(address: str) -> None:
    import jsonschema

    document = httpx.get(f"{address}/api/openapi.json", trust_env=False).json()
    assert document["openapi"] == "3.1.0"
    for found in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(found)
    ids = [each["operationId"] for path in document["paths"].values() for each in path.values()]
    assert len(ids) == len(set(ids)) == len(routes.OPERATIONS)
    references = set(
        re.findall(
            r'"#/components/schemas/(\w+)"', httpx.get(f"{address}/api/openapi.json", trust_env=False).text
        )
    )
    assert references <= set(document["components"]["schemas"])


def test_the_page_tells_every_operation_and_loads_nothing(address: str) -> None:
    answer = httpx.get(f"{address}/api/docs", trust_env=False)
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    for operation in routes.OPERATIONS:
        path = re.sub(r":\w+\}", "}", operation.path)
        assert f"<code>{operation.method} {path}</code>" in answer.text
    assert not re.search(r"<(script|link|img|iframe)", answer.text)
    assert not re.search(r'(src|href)="(https?:)?//', answer.text)
    assert docs.PATH not in routes.document()["paths"]
