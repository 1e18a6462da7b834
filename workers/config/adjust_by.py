"""The section ``[stock.adjust_by]``: how a merchant's adjust-by file looks. Its header names are not published."""

from __future__ import annotations

from string import Formatter

from pydantic import Field, field_validator, model_validator

from workers.config.strict import Strict

FIELDS = ("sku", "site", "units", "reason", "account", "movement", "event_time")
NEEDED = ("sku", "site", "units")


class Column(Strict):
    """One column: its header, and its text, in which {names} stand for what a line says."""

    header: str
    text: str

    @field_validator("text")
    @classmethod
    def _names_are_known(cls, text: str) -> str:
        try:
            named = list(Formatter().parse(text))
        except ValueError as error:
            raise ValueError(f"{text!r}: {error}; write a name in braces, such as {{sku}}") from None
        for _, name, form, conversion in named:
            if name is not None and (name not in FIELDS or form or conversion):
                raise ValueError(f"{text!r}: {{{name}}} is not known; known are {', '.join(FIELDS)}")
        return text


class AdjustBy(Strict):
    """The text file that an operator loads under Stock > Adjustments, with Warehouse Location Control."""

    delimiter: str = Field("\t", min_length=1, max_length=1)
    header: bool = Field(True, description="whether the first line names the columns")
    columns: tuple[Column, ...] = (
        Column(header="STOCK_CODE", text="{sku}"),
        Column(header="SITE", text="{site}"),
        Column(header="ADJUST_BY", text="{units}"),
        Column(header="REASON", text="{reason}"),
        Column(header="NOTE", text="{movement}"),
    )

    @model_validator(mode="after")
    def _says_what_moves_where(self) -> AdjustBy:
        named = {name for column in self.columns for _, name, _, _ in Formatter().parse(column.text)}
        for name in NEEDED:
            if name not in named:
                raise ValueError(f"no column has {{{name}}}: add one, a line must say what moves where")
        return self
