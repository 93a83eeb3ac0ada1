"""Asks: the ledger of questions to models that read – what was asked, answered, and what it may cost.

A row is on the disk before the question leaves. An answered one answers the same question of the same model
for good; nothing is paid for twice unless a person wants it anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ulid import ULID

from workbench.domain.run import Charge
from workbench.domain.times import to_text
from workbench.store import budget
from workbench.store.db import Database

ANSWERED = "answered"
_OPEN = (
    "SELECT id, asker, charge FROM asks WHERE question_hash = ? AND model = ? AND ended_at IS NULL "
    "ORDER BY id"
)
_OPEN_OR_ANSWERED = (
    "SELECT 1 FROM asks WHERE question_hash = ?1 AND model = ?2 AND ended_at IS NULL UNION ALL "
    "SELECT 1 FROM asks WHERE question_hash = ?1 AND model = ?2 AND outcome = 'answered'"
)


@dataclass(frozen=True, slots=True)
class Ask:
    """``purpose`` is what it is for (look, write …). ``estimate_micros`` is the most it should cost.

    ``asker`` names the process that asks.
    """

    purpose: str
    model: str
    account: str
    question_hash: str
    estimate_micros: int | None
    asker: str = ""


@dataclass(frozen=True, slots=True)
class OpenAsk:
    """A question without an answer yet: it is being asked, or its process ended over it."""

    id: str
    asker: str
    charge: Charge


class Asks:
    def __init__(self, db: Database) -> None:
        self._db = db

    def answer(self, question_hash: str, model: str) -> dict[str, Any] | None:
        """The newest answer to that very question; ``None`` where it was never answered."""
        row = (
            self._db.read()
            .execute(
                "SELECT answer_json FROM asks WHERE question_hash = ? AND model = ? "
                "AND outcome = 'answered' ORDER BY id DESC LIMIT 1",
                [question_hash, model],
            )
            .fetchone()
        )
        return dict(json.loads(row[0])) if row else None

    def answers(self, question_hashes: Sequence[str], model: str) -> dict[str, dict[str, Any]]:
        """Hash → the newest answer, of those of these questions that were answered."""
        rows = self._db.read().execute(
            "SELECT asks.question_hash, answer_json FROM json_each(?) AS wanted "
            "JOIN asks ON asks.question_hash = wanted.value AND model = ? AND outcome = 'answered' "
            "ORDER BY asks.id",
            [json.dumps(list(question_hashes)), model],
        )
        return {question_hash: dict(json.loads(answer)) for question_hash, answer in rows}

    def models(self, purpose: str) -> list[str]:
        """Those that have answered for that purpose, in the order of the alphabet."""
        rows = self._db.read().execute(
            "SELECT DISTINCT model FROM asks WHERE purpose = ? AND outcome = 'answered' ORDER BY model",
            [purpose],
        )
        return [model for (model,) in rows]

    def open(self, question_hash: str, model: str) -> list[OpenAsk]:
        """That very question, where it was asked and nothing is known of an answer, oldest first."""
        rows = self._db.read().execute(_OPEN, [question_hash, model])
        return [OpenAsk(row["id"], row["asker"], Charge(row["charge"])) for row in rows]

    def check_day(self, model: str, estimate_micros: int | None, now: datetime, budget_micros: int) -> None:
        """Before several questions: as ``begin`` does for each. Raises ``BudgetExceeded``."""
        wanted = [budget.Wanted(model, estimate_micros, None)]
        budget.check_day(self._db.read(), wanted, now, budget_micros)

    def begin(
        self, ask: Ask, now: datetime, budget_micros: int | None = None, *, anew: bool = False
    ) -> str | None:
        """Log the question, before it leaves; returns its id. Raises ``BudgetExceeded``.

        ``None`` where that very question is open or, unless it is asked ``anew``, answered by now.
        """
        wanted = [budget.Wanted(ask.model, ask.estimate_micros, None)]
        charge = Charge.NONE if ask.estimate_micros == 0 else Charge.MAYBE
        new_id = str(ULID.from_datetime(now))
        with self._db.write(durable=ask.estimate_micros != 0) as connection:
            known = _OPEN if anew else _OPEN_OR_ANSWERED
            if connection.execute(known, [ask.question_hash, ask.model]).fetchone():
                return None
            if budget_micros is not None:
                budget.check_day(connection, wanted, now, budget_micros)
            connection.execute(
                "INSERT INTO asks (id, purpose, model, account, question_hash, estimate_micros, charge, "
                "started_at, asker) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    new_id,
                    ask.purpose,
                    ask.model,
                    ask.account,
                    ask.question_hash,
                    ask.estimate_micros,
                    charge,
                    to_text(now),
                    ask.asker,
                ],
            )
        return new_id

    def keep(self, ask: Ask, answer: Mapping[str, Any], now: datetime) -> None:
        """An answer that this machine gave itself, at no cost."""
        with self._db.write() as connection:
            connection.execute(
                "INSERT INTO asks (id, purpose, model, account, question_hash, estimate_micros, charge, "
                "started_at, ended_at, outcome, answer_json) VALUES (?, ?, ?, ?, ?, 0, 'none', ?, ?, ?, ?)",
                [
                    str(ULID.from_datetime(now)),
                    ask.purpose,
                    ask.model,
                    ask.account,
                    ask.question_hash,
                    to_text(now),
                    to_text(now),
                    ANSWERED,
                    json.dumps(dict(answer), ensure_ascii=False),
                ],
            )

    def answered(
        self,
        ask_id: str,
        answer: Mapping[str, Any],
        now: datetime,
        *,
        tokens_in: int | None = None,
        tokens_out: int | None = None,
        cost_micros: int | None = None,
    ) -> None:
        """``cost_micros`` by the tokens that the service told; without them the estimate stays."""
        with self._db.write() as connection:
            connection.execute(
                "UPDATE asks SET outcome = ?, answer_json = ?, tokens_in = ?, tokens_out = ?, ended_at = ?, "
                "estimate_micros = coalesce(?, estimate_micros), "
                "charge = CASE charge WHEN 'none' THEN 'none' ELSE 'yes' END WHERE id = ?",
                [
                    ANSWERED,
                    json.dumps(dict(answer), ensure_ascii=False),
                    tokens_in,
                    tokens_out,
                    to_text(now),
                    cost_micros,
                    ask_id,
                ],
            )

    def failed(
        self,
        ask_id: str,
        outcome: str,
        message: str,
        charge: Charge,
        now: datetime,
        cost_micros: int | None = None,
    ) -> None:
        """``outcome`` in a word or two: refused, unknown … ``cost_micros`` where the tokens are known."""
        with self._db.write() as connection:
            connection.execute(
                "UPDATE asks SET outcome = ?, message = ?, charge = ?, ended_at = ?, "
                "estimate_micros = coalesce(?, estimate_micros) WHERE id = ?",
                [outcome, message[:2_000], charge, to_text(now), cost_micros, ask_id],
            )
