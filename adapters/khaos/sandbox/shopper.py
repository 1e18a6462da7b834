"""A shopper who buys what Khaos shows as available, as any web shop's order would come in."""

from __future__ import annotations

from adapters.khaos.sandbox import orders_in
from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.order_document import Draft, Line, write_order
from adapters.khaos.sandbox.records import Order, Refused, now


def buy(
    books: Books,
    code: str,
    quantity: int,
    *,
    site: str = "",
    reference: str = "",
    customer: str = "",
    courier: str = "",
) -> Order:
    """A confirmed order of ``quantity`` units, in stage 9.

    Each order is a customer's of its own unless ``customer`` (an OTHER_REF) names one. Refused when
    the product cannot be sold, there are fewer available, or the reference was used before.
    """
    site = site or books.sites[0]
    product = books.products.get(code)
    if product is None or site not in books.sites or quantity <= 0:
        raise Refused(f"{quantity} of {code} cannot be bought at {site}: no such item, site or quantity")
    wanted = {code: quantity, **{child: n * quantity for child, n in product.pack_of.items()}}
    for sku, n in books.need(wanted).items():
        if (free := books.levels[sku, site].available) < n:
            raise Refused(f"only {free} of {sku} are available at {site}, not {n}")
    reference = reference or books.number("SHOP")
    draft = Draft(
        reference=reference,
        lines=[Line(code, quantity, product.price)],
        site=site,
        customer_ref=customer or f"C-{reference}",
        ordered_at=f"{now().astimezone(orders_in.LONDON):%Y-%m-%dT%H:%M:%S}",
        courier=courier,
    )
    done = orders_in.import_orders(books, write_order(draft), auto_split=False)
    if done["OrderSkipped"]:
        raise Refused(done["OrderSkipped"][0]["SkipReason"])
    return books.by_ref[reference]
