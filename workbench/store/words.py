"""Words of the prompts: what a person typed → a full-text query that stays quick at a million runs.

FTS5 answers ``light*`` by merging every match of every such word before it gives the first; the same
words joined by OR are walked newest first and left when the page is full. So the log keeps the words.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata

_MOST_WORDS = 50  # joined by OR; a shorter beginning than that takes FTS5's own, slower way


def keep(connection: sqlite3.Connection, *texts: str) -> None:
    """Remember the words of a new prompt."""
    found = {(word,) for text in texts for word in _words(text)}
    connection.executemany("INSERT INTO prompt_words VALUES (?) ON CONFLICT DO NOTHING", found)


def match(connection: sqlite3.Connection, typed: str) -> str:
    """The query for runs with every word typed, the last one also as a beginning."""
    *whole, last = typed.split()
    return " AND ".join([*map(_quoted, whole), _beginning(connection, last)])


def _beginning(connection: sqlite3.Connection, typed: str) -> str:
    if not (found := _words(typed)):
        return _quoted(typed)
    *before, last = found  # "slow-mot" is two words, side by side
    rows = connection.execute(
        "SELECT word FROM prompt_words WHERE word >= ? AND word < ? LIMIT ?",
        [last, last + chr(0x10FFFF), _MOST_WORDS + 1],
    ).fetchall()
    if len(rows) > _MOST_WORDS:
        return f"{_quoted(typed)}*"
    wholes = (" ".join([*before, row[0]]) for row in rows)
    return f"({' OR '.join(map(_quoted, wholes))})" if rows else _quoted(typed)


def _words(text: str) -> list[str]:
    """Letters and digits without case and accents, near enough to what FTS5 makes of the same text."""
    plain = (c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return re.findall(r"[^\W_]+", "".join(plain))


def _quoted(words: str) -> str:
    return '"' + words.replace('"', '""') + '"'
