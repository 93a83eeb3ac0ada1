"""A view more for whoever reads the log with SQL, `v_ratings`. Its columns are a promise, as those of m0009.

A rating is said of one clip, or in a review of ratings; of each the newest word counts. The tables' own
indexes serve both halves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

STATEMENTS = (
    """CREATE VIEW v_ratings AS SELECT
    ratings.id AS id, ratings.created_at AS created_at, ratings.run_id AS run_id,
    ratings.position AS clip, runs.model AS model, prompt_texts.text AS prompt,
    ratings.person AS person, ratings.criterion AS criterion, ratings.score AS score,
    ratings.comment AS comment, ratings.blind AS is_blind, NULL AS review_id, NULL AS review,
    0 AS is_repeat, NULL AS deleted_at
FROM ratings
LEFT JOIN runs ON runs.id = ratings.run_id
LEFT JOIN prompt_texts ON prompt_texts.hash = runs.prompt_hash
WHERE ratings.id = (SELECT max(newest.id) FROM ratings AS newest WHERE newest.run_id = ratings.run_id
    AND newest.position = ratings.position AND newest.person = ratings.person
    AND newest.criterion = ratings.criterion)
UNION ALL SELECT
    item_ratings.id || '.' || scores.key, item_ratings.created_at, review_clips.run_id,
    review_clips.position, runs.model, prompt_texts.text,
    rating_items.person, scores.key, scores.value,
    item_ratings.reason, 1, reviews.id, reviews.name,
    rating_items.repeat_of <> '', reviews.deleted_at
FROM review_clips
JOIN rating_items
    ON rating_items.review_id = review_clips.review_id AND rating_items.place = review_clips.place
JOIN item_ratings ON item_ratings.rowid =
    (SELECT max(rowid) FROM item_ratings AS newest WHERE newest.item_id = rating_items.id)
JOIN json_each(item_ratings.scores_json) AS scores
LEFT JOIN reviews ON reviews.id = review_clips.review_id
LEFT JOIN runs ON runs.id = review_clips.run_id
LEFT JOIN prompt_texts ON prompt_texts.hash = runs.prompt_hash
WHERE item_ratings.said = 'rated'""",
)


def apply(db: Database) -> None:
    for statement in STATEMENTS:
        db.execute(statement)
