"""Any page of the run list, in a small log and in one a hundred times as large; and the counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

from tests.bench.figures import Figure
from tests.bench.filling import COMMON_WORD, MODEL, NEWEST, RARE_MODEL, RARE_WORD, WORD
from tests.bench.ground import Ground
from tests.bench.measure import medians_s
from workbench.domain.query import RunFilter
from workbench.domain.run import Status
from workbench.store import Store

PAGE = 50
DEEP_PAGES = 2_000
SAVED = 100  # prompts of the library
TURNS = 31  # a page takes a millisecond: many turns steady its median
_FAILURES = (Status.FAILED, Status.FILTERED, Status.CANCELLED, Status.EXPIRED)

# Each fills its page in the small log too, or the two would not be alike.
PAGES = {
    "newest": RunFilter(),
    "model": RunFilter(model=MODEL),
    "rare model": RunFilter(model=RARE_MODEL),
    "status": RunFilter(status=(Status.SUCCEEDED,)),
    "four statuses": RunFilter(status=_FAILURES),
    "model + statuses": RunFilter(model=RARE_MODEL, status=_FAILURES),
    "common word": RunFilter(text=COMMON_WORD),
    "word + model": RunFilter(text=WORD, model=MODEL),
    "word + status": RunFilter(text=WORD, status=(Status.SUCCEEDED,)),
    "beginning of a word": RunFilter(text=WORD[:5]),
    "rare word": RunFilter(text=RARE_WORD),
    "since an hour ago": RunFilter(since=NEWEST - timedelta(hours=1)),
    "until a day ago": RunFilter(until=NEWEST - timedelta(days=1)),
    "rated 4 or better": RunFilter(rating_least=4.0),
    "rated, by model": RunFilter(rating_least=2.0, model=MODEL),
}


def measure(ground: Ground) -> Iterator[Figure]:
    few, many = ground.size.few, ground.size.many
    small, large = ground.log_of(few), ground.log_of(many)
    turns = TURNS if ground.size.rounds > 1 else 1
    for name, wanted in PAGES.items():
        little, much = medians_s(
            turns,
            lambda wanted=wanted: small.runs.page(wanted, PAGE),  # type: ignore[misc]
            lambda wanted=wanted: large.runs.page(wanted, PAGE),  # type: ignore[misc]
        )
        yield _page(name, little, much, few, many)
    deep = max(1, many - DEEP_PAGES * PAGE)
    little, much = medians_s(
        turns,
        lambda: small.runs.page(RunFilter(), PAGE, few // 2),
        lambda: large.runs.page(RunFilter(), PAGE, deep),
    )
    yield _page(f"page {DEEP_PAGES:,}", little, much, few, many)


def counts(ground: Ground) -> Iterator[Figure]:
    log = ground.log_of(ground.size.many)
    rounds = min(5, ground.size.rounds)
    query = "SELECT model, count(*) FROM runs NOT INDEXED WHERE deleted_at IS NULL GROUP BY model"
    kept, scanned = medians_s(rounds, log.runs.counts, lambda: log.db.read().execute(query).fetchall())
    yield Figure(f"counts of {ground.size.many:,} runs", 1e3 * kept, "ms", "scan", 1e3 * scanned, most=1.0)


def views(ground: Ground) -> Iterator[Figure]:
    """What others ask of the log by SQL, and the prompt library, whose every row counts its runs."""
    few, many = ground.size.few, ground.size.many
    small, large = ground.log_of(few), ground.log_of(many)
    for log in (small, large):
        texts = (
            log.db.read().execute(f"SELECT text, negative_text FROM prompt_texts LIMIT {SAVED}").fetchall()
        )
        for number, (text, negative_text) in enumerate(texts):
            log.prompts.save(f"Prompt {number}", text, negative_text, NEWEST)
    asked: dict[str, Callable[[Store], object]] = {
        "v_runs, the newest": _of_view("ORDER BY id DESC LIMIT 50"),
        "v_runs, the newest of a model": _of_view(f"WHERE model = '{RARE_MODEL}' ORDER BY id DESC LIMIT 50"),
        f"{SAVED} saved prompts": lambda log: log.prompts.all(),
        "runs of a prompt": lambda log: log.prompts.run_ids("Prompt 0", PAGE),
    }
    for name, ask in asked.items():
        little, much = medians_s(min(5, ground.size.rounds), partial(ask, small), partial(ask, large))
        yield Figure(f"{name}, of {many:,} runs", 1e3 * much, "ms", f"of {few:,}", 1e3 * little)


def _of_view(rest: str) -> Callable[[Store], object]:
    return lambda log: log.db.read().execute(f"SELECT * FROM v_runs {rest}").fetchall()


def _page(name: str, little_s: float, much_s: float, few: int, many: int) -> Figure:
    line = f"page of {many:,}: {name}"
    return Figure(line, 1e3 * much_s, "ms", f"of {few:,}", 1e3 * little_s, most=2.0, most_ratio=2)
