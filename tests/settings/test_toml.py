"""``workbench.toml``: what it may say, and how each fault in it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from workbench.domain.errors import BadSetting
from workbench.domain.judge import rubrics
from workbench.domain.rating import criteria
from workbench.domain.request import GenerationRequest
from workbench.prompting.use_cases import use_case
from workbench.settings import EndpointSettings, load
from workbench.settings.toml import EXAMPLE, NOTHING_WRITTEN, read


def write(folder: Path, text: str) -> Path:
    path = folder / "workbench.toml"
    path.write_text(text, encoding="utf-8")
    return path


def price_of(folder: Path, model: str, **settings: str | int) -> int | None:
    price = load(folder, environ={}).written.models[model].price
    assert price
    return price(GenerationRequest(model, "x").with_settings(settings))


def test_without_a_file_nothing_is_written(tmp_path: Path) -> None:
    assert read(tmp_path / "workbench.toml") is NOTHING_WRITTEN
    assert load(tmp_path, environ={}).endpoints("openai-videos") == ()


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    assert read(write(tmp_path, "# nothing yet\n")) == NOTHING_WRITTEN


def test_the_example_is_true(tmp_path: Path) -> None:
    write(tmp_path, EXAMPLE.read_text())
    settings = load(tmp_path, environ={"GPU_KEY": " secret-key \n"})
    (gpu,) = settings.endpoints("openai-videos")
    assert gpu == EndpointSettings(
        name="gpu",
        wire="openai-videos",
        base_url="http://10.0.0.5:8091/v1",
        key_env="GPU_KEY",
        dialect="vllm-omni",
        a_minute=20,
        at_once=4,
        models=("Wan-AI/Wan2.2-T2V-A14B",),
    )
    assert settings.secret(gpu.key_env) == "secret-key"
    assert "secret-key" not in repr(settings)
    assert settings.endpoints("vertex") == ()
    veo = settings.written.models["vertex/veo-3.1-generate-001"]
    assert (veo.timeout_s, veo.a_minute, veo.at_once) == (1_200, 10, 2)
    assert veo.price and (veo.price.source, veo.price.read_on) == ("our contract", date(2026, 11, 1))
    assert price_of(tmp_path, "vertex/veo-3.1-generate-001", resolution="720p", duration_s=8) == 3_300_000
    case = use_case("watch_film", settings.written.use_cases)
    assert (case.label, case.camera, case.hints) == (
        "Watch film",
        "slow orbit",
        ("Ten past ten on the dial.",),
    )
    assert (case.negative, case.lens) == (("extra hands", "wrong numerals"), "")
    assert settings.written.lists == {"weather": ("light rain", "fog", "3::clear sky")}
    product = rubrics(settings.written.judges)["product"]
    assert (product.label, [one.name for one in product.criteria]) == ("Product", ["shape", "light"])
    assert product.criteria[0].question == "Does the product keep its shape?"
    assert [(one.name, one.label) for one in criteria(settings.written.criteria)] == [
        ("motion", "Motion"),
        ("seams", "Seams"),
    ]


def test_a_built_in_use_case_keeps_what_is_not_written(tmp_path: Path) -> None:
    write(tmp_path, '[use_cases.hero_image]\nmood = " wild "\nnegative = []\n')
    written = load(tmp_path, environ={}).written.use_cases
    assert dict(written["hero_image"]) == {"mood": "wild", "negative": ()}
    case, built_in = use_case("hero_image", written), use_case("hero_image")
    assert case == replace(built_in, mood="wild", negative=())


def test_one_amount_stands_for_every_resolution(tmp_path: Path) -> None:
    write(
        tmp_path,
        '[models."a/one"]\nusd_per_second = 0.4\n'
        '[models."a/some"]\nusd_per_second = {"4k" = "0.6", "" = "0.1"}\n'
        '[models."a/clip"]\nusd_per_clip = {"360p" = "0.10"}\n[models."a/limits"]\ntimeout_s = 5\n',
    )
    assert price_of(tmp_path, "a/one", resolution="720p", duration_s=4) == 1_600_000
    assert price_of(tmp_path, "a/some", resolution="4k", duration_s=4) == 2_400_000
    assert price_of(tmp_path, "a/some", resolution="720p", duration_s=4) == 400_000
    assert price_of(tmp_path, "a/clip", resolution="360p", number_of_videos=2) == 200_000
    assert price_of(tmp_path, "a/clip", resolution="4k") is None
    models = load(tmp_path, environ={}).written.models
    assert models["a/limits"].price is None and models["a/limits"].timeout_s == 5
    assert models["a/one"].price and models["a/one"].price.source == "workbench.toml"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[endpoints.x]\nbase_url = 'http://h'", "endpoints.x.wire"),
        ("[endpoints.x]\nwire = 'openai-videos'\nbase_uri = 'http://h'", "endpoints.x.base_uri"),
        ("[endpoints.x]\nwire = 'openai-videos'\nkey = 'sk-123456789'", "endpoints.x.key"),
        ("[endpoints.x]\nwire = 'w'\nbase_url = 'h:80'", "endpoints.x.base_url"),
        ("[endpoints.x]\nwire = 'w'\nbase_url = 'http://u:p@h'", "endpoints.x.base_url"),
        ("[endpoints.x]\nwire = 'w'\nkey_env = 'sk-123456789'", "endpoints.x.key_env"),
        ("[endpoints.x]\nwire = 'w'\noperations_at_once = 0", "endpoints.x.operations_at_once"),
        ("[endpoints.x]\nwire = 'w'\nrequests_a_minute = 'many'", "endpoints.x.requests_a_minute"),
        ("[endpoints.x]\nwire = 'w'\ntimeout_s = -1", "endpoints.x.timeout_s"),
        ("[endpoints.x]\nwire = 'w'\ntimeout_s = inf", "endpoints.x.timeout_s"),
        ("[endpoints.x]\nwire = 'w'\nmodels = 'one'", "endpoints.x.models"),
        ("[endpoints.'A b']\nwire = 'w'", "endpoints.A b"),
        ("[endpoints.'../x']\nwire = 'w'", "endpoints.../x"),
        ("[models.x]\nusd_per_second = -1", "models.x.usd_per_second"),
        ("[models.x]\nusd_per_second = {'720p' = 'cheap'}", "models.x.usd_per_second.720p"),
        ("[models.x]\nusd_per_clip = nan", "models.x.usd_per_clip"),
        ("[models.x]\nread_on = 'yesterday'", "models.x.read_on"),
        ("[models.x]\nusd = 1", "models.x.usd"),
        ("[retention]\nunseen = 3", "retention.unseen"),
        ("[retention]\nunseen_clips_after_days = 0", "retention.unseen_clips_after_days"),
        ("[retention]\nfailed_and_deleted_after_days = 'a week'", "retention.failed_and_deleted_after_days"),
        ("[retention]\ncache_gb = -1", "retention.cache_gb"),
        ("retention = 3", "retention"),
        ("[use_cases.x]\nlable = 'X'", "use_cases.x.lable"),
        ("[use_cases.x]\nlabel = ''", "use_cases.x.label"),
        ("[use_cases.x]\ncamera = 7", "use_cases.x.camera"),
        (f"[use_cases.x]\ncamera = '{'x' * 501}'", "use_cases.x.camera"),
        ("[use_cases.x]\nnegative = 'text, blur'", "use_cases.x.negative"),
        ("[use_cases.x]\nhints = [1]", "use_cases.x.hints"),
        ("[use_cases]\nx = 'y'", "use_cases.x"),
        ("use_cases = 7", "use_cases"),
        ("[use_cases.'A b']\nlabel = 'X'", "use_cases.A b"),
        ("[lists]\nweather = 'fog'", "lists.weather"),
        ("[lists]\nweather = []", "lists.weather"),
        ("[lists]\nweather = ['fog', '']", "lists.weather.1"),
        ("[lists]\nWeather = ['fog']", "lists.Weather"),
        ("lists = ['fog']", "lists"),
        ("[judges.x]\nlabel = 'X'", "judges.x.criteria"),
        ("[judges.x]\ncriteria = {}", "judges.x.criteria"),
        ("[judges.x]\ncriteria = ['Is it?']", "judges.x.criteria"),
        ("[judges.x]\ncriteria = { 'A b' = 'Is it?' }", "judges.x.criteria.A b"),
        ("[judges.x]\ncriteria = { shape = '' }", "judges.x.criteria.shape"),
        ("[judges.x]\nguide = 7\ncriteria = { shape = 'Is it?' }", "judges.x.guide"),
        ("[judges.x]\nmodel = 'm'\ncriteria = { shape = 'Is it?' }", "judges.x.model"),
        ("[judges]\nx = 'y'", "judges.x"),
        ("[review]\ncriteria = {}", "review.criteria"),
        ("[review]\ncriteria = ['Is it?']", "review.criteria"),
        ("[review]\ncriteria = { 'A b' = 'Is it?' }", "review.criteria.A b"),
        ("[review]\ncriteria = { shape = '' }", "review.criteria.shape"),
        ("[review]\nby = 'shape'", "review.by"),
        ("review = 7", "review"),
        ("[providers.x]\nwire = 'w'", "providers"),
    ],
)
def test_each_fault_names_the_file_and_the_place(text: str, place: str, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    with pytest.raises(BadSetting) as raised:
        load(tmp_path, environ={})
    told = str(raised.value)
    assert str(path) in told and place in told and told.endswith("Mend these places.")
    assert "\n" not in told
    for secret in ("sk-123456789", "u:p"):
        assert secret not in told


def test_faults_of_use_cases_say_what_is_allowed(tmp_path: Path) -> None:
    write(tmp_path, "[use_cases.x]\nlable = 'X'\ncamera = 7\nnegative = 'blur'\nhints = [1]\n")
    with pytest.raises(BadSetting) as raised:
        load(tmp_path, environ={})
    told = str(raised.value)
    assert "use_cases.x.lable: there is no such word here. Allowed: label, when, first" in told
    assert "use_cases.x.camera: it takes a phrase in quotation marks" in told
    assert 'use_cases.x.negative: it takes a list of up to 50 phrases, such as ["extra hands"' in told
    assert "use_cases.x.hints.0: it takes a list of up to 50 phrases" in told


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, "[endpoints.x]\nbase_url = 'h'\n[models.y]\nusd = 1\n")
    with pytest.raises(BadSetting) as raised:
        load(tmp_path, environ={})
    assert all(place in str(raised.value) for place in ("x.wire", "x.base_url", "y.usd"))


def test_what_is_no_toml_or_can_not_be_read_is_told(tmp_path: Path) -> None:
    write(tmp_path, "[endpoints.x\n")
    with pytest.raises(BadSetting, match=r"is no TOML: .*line 1.* Mend that place."):
        load(tmp_path, environ={})
    (tmp_path / "workbench.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadSetting, match=r"is not UTF-8 .* Save it as UTF-8."):
        load(tmp_path, environ={})
    (tmp_path / "workbench.toml").unlink()
    (tmp_path / "workbench.toml").mkdir()
    with pytest.raises(BadSetting, match="can't be read"):
        load(tmp_path, environ={})
