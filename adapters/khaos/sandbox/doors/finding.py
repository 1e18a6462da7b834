"""What a request of the doors names: the desk, its books, an invoice, an order; 404 where there is none."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Body, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.operations import Desk
from adapters.khaos.sandbox.records import Invoice, Order

Json = dict[str, Any]
Posted = Annotated[Json, Body()]
Units = Annotated[int, Field(gt=0)]


class Asked(BaseModel):
    """A request's body: wrong or unknown members are answered 422."""

    model_config = ConfigDict(extra="forbid")


def desk_of(request: Request) -> Desk:
    """The sandbox's desk, with what is due issued."""
    desk: Desk = request.app.state.desk
    desk.books.tick()
    return desk


def books_of(request: Request) -> Books:
    """The sandbox's books."""
    return desk_of(request).books


def invoice_of(books: Books, code: str) -> Invoice:
    """The invoice with this code."""
    if code not in books.invoices:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"no invoice {code}")
    return books.invoices[code]


def order_of(books: Books, code: str) -> Order:
    """The order with this code or associated ref."""
    found = books.orders.get(code) or books.by_ref.get(code)
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"no order {code}")
    return found


def site_of(books: Books, name: str) -> str:
    """The site with this name; the default one for an empty name."""
    if name and name not in books.sites:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"no site {name}; there are {', '.join(books.sites)}")
    return name or books.sites[0]


def shelf_item(books: Books, code: str) -> str:
    """The code, where a shelf can hold such an item: 404 for an unknown one, 409 for one that no shelf holds."""
    if code not in books.products:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"no product {code}")
    if not books.products[code].on_shelves:
        raise HTTPException(HTTPStatus.CONFLICT, f"{code} is not stock-controlled, or is a parent or pack header")
    return code
