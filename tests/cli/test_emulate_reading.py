"""``workbench emulate openai|gemini`` plays the models that read: answers, faults, test credentials."""

from __future__ import annotations

import pytest

from tests.cli.desk import Desk
from tests.cli.test_emulate import playing
from tests.providers.reader_ground import Seen, asked, opened
from workbench.domain.run import EMULATED
from workbench.emulators import footage
from workbench.prompting.looking import ask_look, read_look
from workbench.providers.readers import Question, Shown, Unfit


@pytest.mark.parametrize("wire", ["openai", "gemini"])
def test_models_that_read_are_tried_for_nothing(desk: Desk, wire: str) -> None:
    picture = desk.folder / "lion.png"
    picture.write_bytes(footage.still("lion"))
    with playing(desk, wire, "--fault", "create:incomplete") as (environ, last):
        reader = opened(wire, environ, desk.folder)
        assert reader.missing() == () and EMULATED in reader.account
        question = Question(reader.models()[0].model, "", "Look.", Seen, (Shown(picture, "image/png", ""),))
        with pytest.raises(Unfit, match="It was charged"):
            asked(reader, question)
        assert isinstance(asked(reader, question).parsed, Seen)
        look = ask_look()
        shown = (Shown(picture, "image/png", "image 1"),)
        answer = asked(reader, Question(question.model, look.instructions, look.text, look.shape, shown))
        assert read_look(answer.parsed, "0" * 64, question.model).findings
    assert last[-1] == "0"
    assert "accepted, and charged had it been the service: 3" in last[-2]
