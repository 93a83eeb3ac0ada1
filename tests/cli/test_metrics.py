"""``workbench metrics`` as a script and a person meet it."""

from __future__ import annotations

from tests.cli.desk import Desk, assert_one_sentence, records
from workbench.media.metrics.about import METRICS

ANIMATIC = ("--duration", "1", "--resolution", "360p", "--set", "generate_audio=false")


def made(desk: Desk, *words: str) -> str:
    prompt = ("--prompt", "a lake at dawn, slow pan left", "--seed", "3")
    done = desk.here("generate", *prompt, *ANIMATIC, "--json", *words)
    assert done.returncode == 0, done.stderr
    return str(records(done.stdout)[0]["id"])


def test_what_is_missing_is_measured_once_and_shown(desk: Desk) -> None:
    run = made(desk)
    none = desk.here("metrics", run)
    assert none.returncode == 1
    assert f"`workbench metrics {run} --missing`" in none.stderr
    first = desk.here("metrics", "--missing")
    assert (first.returncode, first.stdout) == (0, "")
    assert first.stderr.splitlines() == [
        f"1 of 1: clip 1 of run {run} is measured",
        "1 measured, 0 can't be.",
    ]
    assert desk.here("metrics", "--missing").stderr.strip() == "0 measured, 0 can't be."
    shown = desk.here("metrics", run[:25]).stdout
    assert f"Run {run}, clip 1" in shown
    for label in ("Camera as asked", "Sharpness", "Length against the request"):
        assert label in shown
    assert "Loudness" not in shown  # it has no sound
    assert "Fingerprint" not in shown
    (found,) = records(desk.here("metrics", run, "--json").stdout)
    assert (found["run"], found["clip"], found["is_current"], found["fault"]) == (run, 0, True, "")
    assert list(METRICS) and set(found["metrics"]) == set(METRICS)
    assert found["metrics"]["camera_adherence"]["value"] > 0.5
    assert found["metrics"]["loudness"] == {"value": None, "unit": "LUFS", "version": 1}
    assert found["brightness"]


def test_anew_by_run_and_for_the_whole_log(desk: Desk) -> None:
    one, other = made(desk), made(desk, "--takes", "1")
    assert desk.here("metrics", one, "--missing", "--json").stderr.strip() == "1 measured, 0 can't be."
    assert "1 measured" in desk.here("metrics", one, "--recompute").stderr
    assert "2 measured" in desk.here("metrics", "--recompute").stderr
    assert len(records(desk.here("metrics", one, other, "--json").stdout)) == 2


def test_a_clip_that_can_not_be_measured_is_status_1(desk: Desk) -> None:
    run = made(desk)
    with desk.log() as bench:
        path = bench.run(run).clips[0].path
    path.unlink()
    done = desk.here("metrics", "--missing")
    assert done.returncode == 1
    assert "is not in the media folder any more" in done.stderr
    assert "0 measured, 1 can't be." in done.stderr
    assert "can't be measured: Its file" in desk.here("metrics", run).stdout


def test_every_metric_is_explained(desk: Desk) -> None:
    told = desk.here("metrics", "--about", COLUMNS="100")
    assert told.returncode == 0
    for name, about in METRICS.items():
        assert f"{name} – {about.label}" in told.stdout
    assert "From −∞ to 0" not in told.stdout
    assert "In LUFS. From -70 to ∞." in told.stdout


def test_wrong_words_are_told(desk: Desk) -> None:
    for words, environ, part in (
        (("01NOSUCH",), {}, "no run 01NOSUCH"),
        ((), {}, "--missing"),
        (("--missing",), {"WORKBENCH_EXECUTOR": "tcp://10.0.0.5:8786"}, "tls://"),
    ):
        done = desk.here("metrics", *words, **environ)
        assert done.returncode == 2
        assert_one_sentence(done.stderr, part)
