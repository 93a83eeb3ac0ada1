"""``workbench save`` and ``workbench import`` as a script meets them."""

from __future__ import annotations

from tests.cli.desk import FAKE, Desk, assert_one_sentence, records


def test_out_with_its_recipe_and_in_again(desk: Desk) -> None:
    assert desk.here(*FAKE, "--seed", "5").returncode == 0
    with desk.log() as bench:
        (run,) = bench.runs()
    done = desk.here("save", run.id, "lion.mp4")
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, ["lion.mp4", "lion.mp4.json"], "")
    nowhere = desk.here("save", run.id, "no/such/lion.mp4")
    assert nowhere.returncode == 2
    assert_one_sentence(nowhere.stderr, "can't be written (No such file")
    refused = desk.here("save", run.id, "lion.mp4")
    assert refused.returncode == 2
    assert_one_sentence(refused.stderr, "exists already")

    (known,) = records(desk.here("import", "lion.mp4", "--json").stdout)
    assert (known["id"], known["new"]) == (run.id, False)
    elsewhere = desk.here("import", "lion.mp4", WORKBENCH_DATA=str(desk.folder / "second"))
    assert (elsewhere.returncode, elsewhere.stderr) == (0, "")
    assert "with its recipe" in elsewhere.stdout
    assert "/compose?from=" in elsewhere.stdout


def test_a_file_that_is_none_stops_no_other(desk: Desk) -> None:
    assert desk.here(*FAKE, "--seed", "5").returncode == 0
    with desk.log() as bench:
        (run,) = bench.runs()
        bench.save_clip(run, desk.folder / "plain.mp4", recipe=False, sidecar=False)
    (desk.folder / "bad.mp4").write_bytes(b"nothing")
    done = desk.here("import", "bad.mp4", "plain.mp4", "--model", "Kling 2.1", "--prompt", "A lion", "--json")
    assert done.returncode == 2
    assert_one_sentence(done.stderr, "bad.mp4")
    (told,) = records(done.stdout)
    assert (told["model"], told["prompt"], told["new"]) == ("elsewhere/Kling-2.1", "A lion", True)
