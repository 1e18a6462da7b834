"""Lists as CSV, for programs and spreadsheets: no cell can become a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastapi.responses import Response

from workers.views.spreadsheet import cell


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows as CSV with a line of headings; times are ISO 8601, and text that begins like a formula gets a quote."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(row[key]) for key in columns])
    return out.getvalue()


def csv_answer(name: str, text: str) -> Response:
    """The answer that a browser saves as a file of this name."""
    return Response(
        text, media_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
