"""An audit's report as one HTML page that stands alone: no script, nothing fetched; long lists fold by the hundred."""

from __future__ import annotations

import re
from html import escape
from itertools import islice
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from workers.audit.report import Listing, Report, Section

A_FOLD = 100  # rows
STYLE = """
body{font:15px/1.45 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;color:#1c2430}
h1{font-size:1.6rem;margin-bottom:0}h2{margin-top:2.2rem;border-bottom:2px solid #d8dee6;padding-bottom:.2rem}
h3{font-size:1.05rem;margin:1.4rem 0 .3rem}table{border-collapse:collapse;width:100%;margin:.3rem 0}
th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #e6eaef;vertical-align:top}
.table{overflow-x:auto}code{font-size:.95em}
th{font-weight:600;color:#56606e;font-size:.85rem}td.n{text-align:right;font-variant-numeric:tabular-nums}
.todo{color:#8a3b00}.failed{color:#a40016;font-weight:600}.well{color:#1d6b3a}.count{font-weight:400;color:#56606e}
summary{cursor:pointer;color:#56606e;padding:.2rem 0}
@media(max-width:45rem){table,tbody,tr{display:block}td{display:flow-root}
tr:first-child{display:none}tr{padding:.5rem 0}
td,td.n{border:0;padding:.1rem 0 .1rem 9rem;text-align:left;overflow-wrap:anywhere}tr{border-bottom:1px solid #d8dee6}
td::before{content:attr(data-name);float:left;margin-left:-9rem;width:8.5rem;color:#56606e;font-size:.85rem}}
@media print{details:not([open])>*{display:block}}
"""


def write_page(report: Report, page: TextIO) -> None:
    """Write the page, row by row."""
    needs = report.needs_a_person
    word = (
        f'<p class="todo">{needs} lists need a person.</p>' if needs else '<p class="well">Nothing needs a person.</p>'
    )
    page.write(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Audit before going live</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>'
        f"<h1>Audit before going live</h1><p>{report.at:%d %B %Y, %H:%M} UTC. Both sides were read; nothing was"
        f" changed at either.</p>{word}"
    )
    for section in report.sections:
        _write_section(report, section, page)
    page.write("</body></html>\n")


def _write_section(report: Report, section: Section, page: TextIO) -> None:
    page.write(f"<h2>{escape(section.title)}</h2>")
    page.writelines(f"<p>{escape(note)}</p>" for note in section.notes)
    page.writelines(f'<p class="failed">Failed: {escape(failure)}</p>' for failure in section.failed)
    for listing in section.listings:
        _write_listing(report, listing, page)


def _write_listing(report: Report, listing: Listing, page: TextIO) -> None:
    count = listing.count(report.workspace)
    page.write(f'<h3>{_text(listing.title)} <span class="count">({count})</span></h3>')
    if not count:
        page.write('<p class="well">None.</p>')
        return
    if listing.needs:
        page.write(f'<p class="todo">To do: {_text(listing.needs)}.</p>')
    rows, first = listing.rows(report.workspace), 1
    while some := list(islice(rows, A_FOLD)):
        last = first + len(some) - 1
        if first > 1:
            page.write(f"<details><summary>{first} to {last} of {count}</summary>")
        page.write('<div class="table"><table><tr>')
        page.write("".join(f"<th>{escape(name)}</th>" for name in listing.columns) + "</tr>")
        page.writelines(f"<tr>{''.join(map(_cell, listing.columns, row))}</tr>" for row in some)
        page.write("</table></div>" + ("</details>" if first > 1 else ""))
        first = last + 1


def _text(words: str) -> str:
    """Escape words; what stands between backticks is a command."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(words))


def _cell(name: str, value: object) -> str:
    kind = ' class="n"' if isinstance(value, (int, float)) else ""
    shown = "" if value is None else escape(str(value))
    return f'<td{kind} data-name="{escape(name)}">{shown}</td>'
