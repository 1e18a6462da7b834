"""Lines that are written as a block of COPY arrive as they were, whatever characters their texts hold."""

from __future__ import annotations

import psycopg
from hypothesis import given
from hypothesis import strategies as st

from workers.ledger.text import clean, copied


def test_odd_texts_arrive_as_any_other_statement_writes_them(emptied_database: str) -> None:
    odd = [
        "MUG",
        "",
        "a\tb",
        "a\nb",
        "a\r\nb",
        "back\\slash",
        "\\N",
        "\\.",
        "\\u0000",
        "nul\x00",
        "half \ud800",
        "é ✓ \x7f",
        "end\\",
    ]
    with psycopg.connect(emptied_database) as db:
        db.execute("create temp table arrived (n integer, word text)")
        with db.cursor().copy("copy arrived from stdin") as copy:
            copy.write("".join(f"{n}\t{copied(word)}\n" for n, word in enumerate(odd)))
        found = [word for (word,) in db.execute("select word from arrived order by n")]
    assert found == [clean(word) for word in odd]


@given(st.text())
def test_no_text_ends_its_column_or_its_line(text: str) -> None:
    assert not {"\t", "\n", "\r", "\x00"} & set(copied(text))
