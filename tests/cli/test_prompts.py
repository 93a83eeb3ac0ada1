"""``workbench prompts``: the library listed, shown, written and read."""

from __future__ import annotations

import json

from tests.cli.desk import FAKE, Desk, assert_one_sentence, records


def test_the_library_goes_out_and_comes_in(desk: Desk) -> None:
    assert desk.here(*FAKE, "--seed", "1").returncode == 0
    with desk.log() as bench:
        words = next(iter(bench.runs())).request.prompt
        bench.save_prompt("Lion", "an older text", note="first")
        bench.save_prompt("Lion", words)
        bench.describe_prompt("Lion", tags="cat, hero", notes="Of the film.")
    listed = desk.here("prompts").stdout
    assert listed.startswith("Lion  (version 2, runs: 1)  [cat, hero]")
    (record,) = records(desk.here("prompts", "--tag", "cat", "--json").stdout)
    assert (record["tags"], record["newest"]["prompt"]) == (["cat", "hero"], words)
    assert desk.here("prompts", "--text", "nothing").stdout == ""
    shown = desk.here("prompts", "show", "Lion").stdout
    assert shown.index(words) < shown.index("an older text")
    assert "Of the film." in shown
    told = json.loads(desk.here("prompts", "show", "Lion", "--json").stdout)
    assert [one["number"] for one in told["versions"]] == [2, 1]
    assert len(told["runs"]) == 1
    written = desk.here("prompts", "export", "library.csv")
    assert written.stdout == "library.csv: 2 versions\n"
    assert desk.here("prompts", "import", "library.csv").stdout == "library.csv: 0 new, 2 known\n"


def test_what_is_wrong_is_told(desk: Desk) -> None:
    for asked, told in (
        (("show", "Nobody"), "No prompt is saved as “Nobody”"),
        (("import", "nowhere.csv"), "can't be read"),
        (("export", "library.txt"), "Allowed: .csv and .json"),
        (
            ("export", "nowhere/library.csv"),
            "nowhere/library.csv can't be written (No such file or directory)",
        ),
    ):
        done = desk.here("prompts", *asked)
        assert done.returncode == 2
        assert_one_sentence(done.stderr, told)
