import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.prompting.tokens import TOKENS, tokens

EDITOR = Path(__file__).parents[2] / "workbench/ui/editor/editor.js"


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("", 0, 0),
        (" \n\t\u00a0", 0, 0),
        ("lion", 1, 1),
        # Google: 100 tokens are 60 to 80 English words; these are 13 words with two commas.
        ("A lion walks through tall grass at dawn, slow dolly in, documentary style", 15, 21),
        ("1080p", 5, 5),
        ("獅子が草原を歩く", 4, 8),
        ("Лев идёт через высокую траву на рассвете", 7, 20),
        ("🦁🦁", 2, 4),
    ],
)
def test_about_as_many_as_the_rules_of_thumb_say(text: str, least: int, most: int) -> None:
    assert least <= tokens(text).about <= most


def test_says_that_it_is_an_estimate() -> None:
    assert str(tokens("lion " * 1_200)) == "about 1,200"


@given(st.text(), st.text())
def test_more_text_has_no_fewer_tokens_and_the_least_is_least(one: str, other: str) -> None:
    both = tokens(f"{one} {other}")
    assert both.about >= tokens(one).about
    assert both.about == tokens(one).about + tokens(other).about
    assert 0 <= both.least <= both.about <= len(one) + len(other)


COUNT = """
import { readFile } from "node:fs/promises"
const source = await readFile(process.argv[1], "utf8")
const { estimated } = await import(`data:text/javascript,${encodeURIComponent(source)}`)
let sent = ""
for await (const chunk of process.stdin) sent += chunk
const { table, texts } = JSON.parse(sent)
console.log(JSON.stringify(texts.map((text) => estimated(text, table))))
"""


@pytest.mark.node
def test_the_editor_counts_the_same() -> None:
    letters = (
        "abcXYZéßİ,.!'-—“”0189 \t\n\x85\ufeff\u00a0\u200d\ufe0f狮子ひカ한국лев άλφα שלום سلام हिन्दी ไทย🦁👩🏽"
    )
    state, texts = 7, []
    for length in range(600):
        made = ""
        for _ in range(length % 60):
            state = (state * 1_103_515_245 + 12_345) % 2**31
            made += letters[state // 7 % len(letters)]
        texts.append(made)
    done = subprocess.run(
        ["node", "--input-type=module", "-e", COUNT, str(EDITOR)],
        input=json.dumps({"table": TOKENS, "texts": texts}),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert json.loads(done.stdout) == [tokens(text).about for text in texts]
