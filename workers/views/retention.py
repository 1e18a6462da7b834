"""What the ledger keeps: which tables, for how long, who needs it, and how it leaves. Every table stands in one row."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from workers.config import Fleet
from workers.views.snapshot import fetch, snapshot

FOR_GOOD = "for good"


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of thing that is kept. ``how_long`` is in words; ``mb`` is what its tables and indexes take now."""

    what: str
    tables: tuple[str, ...]
    how_long: str
    needed_by: str
    leaves: str
    mb: float = 0.0


def kept(settings: Fleet) -> tuple[Kept, ...]:
    """What is kept, by the section ``[fleet]``."""
    bodies, story, keys = (
        f"{months} months"
        for months in (settings.keep_bodies_months, settings.keep_story_months, settings.keep_keys_months)
    )
    finance = f"{FOR_GOOD}; exported, {settings.keep_finance_years} years"
    return (
        Kept("what partners sent, as they sent it", ("record",), bodies,
             "support, to read again and to prove what was said", "its month's partition is dropped"),
        Kept("what messages said, their bytes, and edits; partners' own words", ("message_body", "message_edit",
             "edit_proposal", "partner_words"), bodies,
             "support; a file that a warehouse lost is laid again", "small deletes"),
        Kept("the story: what was settled, and each step", ("message_settled", "timeline"), story,
             "customer service and operations, for questions about old orders", "its month's partition is dropped"),
        Kept("that something was said before", ("message_key",), f"{keys} after it was said last",
             "the fleet: what comes again is not sent again", "small deletes"),
        Kept("that a record came before", ("record_key",), f"{bodies}, as its record",
             "the fleet: what comes again is not read again", "small deletes"),
        Kept("stock counts and levels, as messages", ("message_settled", "timeline"), "3 days",
             "operations", "small deletes"),
        Kept("counts that were read, items that were answered", ("snapshot", "snapshot_line", "item_row"), "90 days",
             "operations", "deletes by age"),
        Kept("what Khaos Control showed last of each order", ("order_word",), "90 days after it was shown",
             "the fleet: what is unchanged is not read again", "deletes by age"),
        Kept("free text about returned garments", ("garment_return",), bodies,
             "customer service and finance", "the text is emptied, the row stays"),
        Kept("what finance books", ("journal", "movement", "movement_reason", "credit_note", "return_line",
             "returned_unit", "return_advice", "garment_return", "write_off", "valuation", "asset"), finance,
             "finance and its auditors", "`fleet retention export`; the ledger deletes none of it"),
        Kept("files by name", ("journal_file", "consignment_file", "partner_file", "garment_file", "control_number",
             "series"), finance, "finance; and no file is taken or numbered twice",
             "`fleet retention export`, the names"),
        Kept("orders, shipments and what was told of them", ("fulfilment", "shipment", "shipped_line",
             "told_shipment", "order_item", "departed_item", "reference_alias", "order_seen", "order_route",
             "courier_answer"), finance, "the fleet: they make a repeat harmless whose key is gone; finance",
             "`fleet retention export`, shipments"),
        Kept("goods received", ("goods_in", "goods_in_line", "received_line"), FOR_GOOD,
             "operations; goods are booked once", "stays"),
        Kept("stock by the books of each building", ("home", "stock_site", "buffer_rule", "position", "level", "term",
             "demand", "demand_gone", "order_site", "line_site", "told_sku", "told_move", "told_count", "asked_book",
             "recount", "garment", "garment_left", "garment_waiting", "garment_item"), FOR_GOOD,
             "the fleet: a movement counts once", "stays"),
        Kept("exceptions, open and closed", ("exception", "exception_count", "exception_change",
             "group_retry", "notice", "judgement", "file_trouble"), FOR_GOOD,
             "everybody; who decided what", "stays; no customers' data in it"),
        Kept("work in hand", ("message", "message_gate", "gate", "expectation", "record_unread", "order_wanted"),
             "until it is done", "the fleet", "when it is settled"),
        Kept("the catalogue and partners' facts", ("product", "sku", "partner_fact", "cursor", "access_token"),
             FOR_GOOD, "the fleet", "replaced by what is read anew"),
        Kept("what people did", ("audit_entry",), FOR_GOOD,
             "auditors, and who looks into a misuse", "`fleet audit-trail export`; nothing deletes it"),
        Kept("what each act changed", ("audit_detail",), bodies,
             "who looks into a misuse", "small deletes; sooner where a person's data is erased"),
        Kept("accounts and tokens", ("account", "account_secret", "machine_token"), "until they are taken away",
             "the desk; only their hashes, and second factors", "`fleet accounts`, `fleet tokens`"),
        Kept("people who are logged in", ("desk_session", "login_step"), "10 hours",
             "the desk", "deletes at the next login"),
        Kept("filters that people named", ("saved_filter",), "until they take them away",
             "the desk", "deletes, on the page of the list"),
        Kept("the fleet itself", ("process", "slot", "connection", "schedule", "merchant", "settled_count",
             "history_mark", "table_row", "table_change", "laid_settings", "ledger_identity", "alembic_version"),
             FOR_GOOD,
             "the fleet", "stays small"),
    )  # fmt: skip


SIZES = """
select c.relname as name, (select coalesce(sum(pg_total_relation_size(t.relid)), pg_total_relation_size(c.oid))
                             from pg_partition_tree(c.oid) t) / 1048576.0 as mb
  from pg_class c where c.relkind in ('r', 'p') and not c.relispartition
   and c.relnamespace = current_schema()::regnamespace
"""


def kept_now(engine: Engine, settings: Fleet) -> list[Kept]:
    """What is kept, with what it takes now. A table that two rows name counts in both."""
    with snapshot(engine) as reading:
        sizes = {row["name"]: float(row["mb"]) for row in fetch(reading, SIZES)}
    return [
        Kept(
            one.what,
            one.tables,
            one.how_long,
            one.needed_by,
            one.leaves,
            round(sum(sizes.get(table, 0.0) for table in one.tables), 1),
        )
        for one in kept(settings)
    ]
