"""Cells of the CSV files that we write: a spreadsheet that opens one must not run what a partner wrote."""

from __future__ import annotations

import re
from datetime import datetime

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with these a spreadsheet takes a cell for a formula

NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")  # an amount, written out

# The same in SQL, for a file that Postgres writes: {0} is the value, of any type; null stays empty.
SQL_CELL = (
    "nullif(case when pg_typeof({0}) = 'text'::regtype and left(format('%s', {0}), 1) = any"
    " (array['=', '+', '-', '@', chr(9), chr(13)]) then chr(39) else '' end || format('%s', {0}), '')"
)


def cell(value: object) -> object:
    """A value as a CSV file shows it: times as ISO 8601, and text that begins like a formula behind a quote."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(FORMULA) and not NUMBER.fullmatch(value):
        return f"'{value}"
    return value
