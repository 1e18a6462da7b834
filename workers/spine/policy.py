"""The verdict table: what each kind of trouble means, who owns it, and what they do next.

Every kind that can stand in the exception table is a row here, and has a section of the same name
in ``docs/runbook.md``: a test holds that.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

Severity = Literal["info", "warning", "error", "critical"]

SUPPORT, OPERATIONS, MERCHANDISING = "support", "operations", "merchandising"
CUSTOMER_SERVICE, FINANCE, ENGINEERING = "customer service", "finance", "engineering"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who owns a kind of trouble, how bad it is, and their next step.

    ``retries`` is how often it is tried again by itself (0: never, a person must act);
    """

    owner: str
    severity: Severity
    next_step: str
    retries: int = 0


RETRY = "fleet exceptions retry ID"

VERDICTS: dict[str, Verdict] = {
    # the other side could not be reached, or did not make sense: tried again by itself
    "unavailable": Verdict(SUPPORT, "error", f"See whether the other system is up; when it is, `{RETRY}`.", retries=12),
    "throttled": Verdict(
        SUPPORT, "warning", "Lower the connection's rate in fleet.toml, or ask the partner for more.", retries=50
    ),
    "unauthorised": Verdict(
        SUPPORT, "critical", "Renew the connection's credentials and restart the fleet.", retries=50
    ),
    "garbled": Verdict(SUPPORT, "error", f"Ask the partner what their system answered; then `{RETRY}`.", retries=5),
    "connection_shut": Verdict(
        SUPPORT, "critical", "The connection is down and is probed by itself; call the partner if it lasts."
    ),
    "suspect_release": Verdict(
        ENGINEERING,
        "critical",
        "Many messages died of one new cause: see whether a release or a setting caused it, then `fleet open"
        " CONNECTION`.",
    ),
    "not_live": Verdict(
        OPERATIONS,
        "info",
        "A new connection: nothing is sent to it. Run `fleet go-live NAME`, Khaos Control first.",
    ),
    "go_live_unmatched": Verdict(
        OPERATIONS,
        "error",
        "It may be at the warehouse from the integration before: look there. If it is not, `fleet go-live NAME --send"
        " ORDER`; if it is, take the invoice off its ready stage in Khaos Control.",
    ),
    "ledger_restored_suspected": Verdict(
        SUPPORT,
        "critical",
        "Nothing is sent to this connection. Was the ledger restored from a backup? Then `fleet restored`, and"
        " `fleet go-live NAME` for each warehouse. If it surely was not: `fleet open NAME`.",
    ),
    # one message
    "refused_by_warehouse": Verdict(
        OPERATIONS, "error", f"Read the warehouse's reason, put the order right in Khaos Control, then `{RETRY}`."
    ),
    "refused_by_khaos": Verdict(
        OPERATIONS, "error", f"Read Khaos Control's reason, put it right there, then `{RETRY}`."
    ),
    "uncertain": Verdict(
        OPERATIONS,
        "critical",
        f"It may or may not have arrived. `{RETRY}` looks its reference up again: what is there counts as sent. It is"
        " not sent a third time: if the other side has no trace of it, change the order in Khaos Control.",
    ),
    "order_changed_after_release": Verdict(
        OPERATIONS, "error", "The warehouse has this reference with other content. Agree with it which one ships."
    ),
    "duplicate_at_warehouse": Verdict(
        OPERATIONS, "critical", "The warehouse has the reference more than once: have all but one cancelled there."
    ),
    "changed_after_release": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "Khaos Control changed the order after the warehouse began it: intercept, or accept what ships.",
    ),
    "bad_address": Verdict(
        CUSTOMER_SERVICE,
        "error",
        f"Correct the delivery address in Khaos Control; the order goes by itself, or `{RETRY}`.",
    ),
    "route_unmapped": Verdict(
        OPERATIONS, "error", f"No routing rule takes this order: add one to fleet.toml, restart, then `{RETRY}`."
    ),
    "route_site_conflict": Verdict(
        OPERATIONS,
        "error",
        f"The rule sends it to a facility of another Khaos site: mend the rule or the order, then `{RETRY}`.",
    ),
    "sku_unconfirmed": Verdict(
        MERCHANDISING,
        "error",
        "The warehouse has not confirmed this SKU: see the SKU's own exception; the order goes by itself.",
    ),
    "sku_refused": Verdict(
        MERCHANDISING,
        "error",
        f"The warehouse refuses this product: correct it in Khaos Control; it goes again by itself, or `{RETRY}`.",
    ),
    "bad_product": Verdict(
        MERCHANDISING,
        "error",
        f"The warehouse has no room for this product as it is: correct it in Khaos Control; it goes again by"
        f" itself, or `{RETRY}`.",
    ),
    "no_warehouse_lines": Verdict(
        OPERATIONS,
        "info",
        "Nothing on this order is stock; it needs no warehouse. Issue it in Khaos Control, then dismiss.",
    ),
    "unknown_carrier": Verdict(
        OPERATIONS, "error", f"Add the warehouse's carrier to [tables.carriers] in fleet.toml, restart, then `{RETRY}`."
    ),
    "unknown_service": Verdict(
        OPERATIONS,
        "error",
        f"No carrier service of the warehouse is set for this courier: add the row that the reason names, then"
        f" `{RETRY}`.",
    ),
    "dispatch_unknown_order": Verdict(
        OPERATIONS,
        "error",
        "The warehouse dispatched an order that the fleet never sent: find out whose it is, then dismiss.",
    ),
    "over_shipped": Verdict(
        OPERATIONS,
        "critical",
        "More left the warehouse than was ordered: count, correct the invoice in Khaos Control, then dismiss.",
    ),
    "short_pick": Verdict(
        OPERATIONS,
        "warning",
        "The warehouse closed the order short: the rest stands open in Khaos Control; see whether stock is there.",
    ),
    "cancel_refused": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "The warehouse refused the cancellation: the goods will leave. Intercept them, or tell the customer.",
    ),
    "shipped_after_cancel": Verdict(
        CUSTOMER_SERVICE,
        "critical",
        "Goods left although the order was cancelled: intercept them; finance raises the invoice again.",
    ),
    "cancelled_at_warehouse": Verdict(
        OPERATIONS,
        "error",
        "The warehouse cancelled an order that Khaos Control still wants: ask why, then cancel or raise it again.",
    ),
    "remainder_unmatched": Verdict(
        OPERATIONS,
        "error",
        "Khaos Control shows a further invoice that may repeat goods already at the warehouse: compare, then"
        " retry or dismiss.",
    ),
    "invoice_recoded": Verdict(
        OPERATIONS,
        "error",
        "Khaos Control shows the same goods under a new invoice code: if it is the same invoice, dismiss; else retry.",
    ),
    "issued_elsewhere": Verdict(
        OPERATIONS,
        "warning",
        "Khaos Control issued this invoice without a dispatch from the warehouse: stop it there, or dismiss.",
    ),
    "invoice_vanished": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "Khaos Control shows the invoice no more, and its goods are at the warehouse: see there what became of it, and"
        " cancel the order at the warehouse or let it ship.",
    ),
    "never_issued": Verdict(
        OPERATIONS,
        "warning",
        "The goods left and the invoice stands unissued in Khaos Control, where its stock has not fallen: issue it.",
    ),
    "not_exported": Verdict(
        SUPPORT,
        "error",
        "Khaos Control cannot give out this order or product: open it there, look for odd characters in its texts and"
        " save it anew; it is asked for again by itself.",
    ),
    "unknown_at_warehouse": Verdict(
        OPERATIONS,
        "error",
        "The warehouse has an order that the fleet never sent: find out who entered it before it ships.",
    ),
    "dispatch_route_missing": Verdict(
        SUPPORT,
        "error",
        f"No way is set for telling Khaos Control of dispatches: bind extensions.confirm_shipment or set"
        f" dispatch_route in fleet.toml, then `{RETRY}`.",
    ),
    "split_in_khaos": Verdict(
        OPERATIONS,
        "warning",
        "A part of the invoice has left: split off in Khaos Control what has not, then assign the rest to the"
        " courier (`fleet worklist dispatch`). It goes on by itself.",
    ),
    "consignment_conflict": Verdict(
        SUPPORT,
        "error",
        f"A file of that name with other content lies in the courier's folder: find out who put it there, move it"
        f" away, then `{RETRY}`.",
    ),
    "consignment_folder": Verdict(
        SUPPORT,
        "error",
        f"The courier's folder cannot be written: see whether it is there and whether the fleet may write it, then"
        f" `{RETRY}`.",
        retries=12,
    ),
    "dispatch_unconfirmed": Verdict(
        OPERATIONS, "error", "Khaos Control was told of the dispatch but does not show it: look at the invoice there."
    ),
    "dispatch_overdue": Verdict(OPERATIONS, "warning", "The warehouse has not dispatched this order in time: ask it."),
    "unknown_status": Verdict(
        SUPPORT, "error", f"The warehouse uses a status that no table knows: add it to the table named, then `{RETRY}`."
    ),
    # warehouses that speak by files
    "answer_missing": Verdict(
        OPERATIONS,
        "error",
        f"The warehouse has not answered in time: ask it whether the file arrived. If it has none, `{RETRY}` lays the"
        " same file again; it closes by itself when it answers.",
    ),
    "answer_unmatched": Verdict(
        SUPPORT,
        "warning",
        "The warehouse answers to something that the fleet never sent: ask it what it has, then dismiss.",
    ),
    "accepted_with_error": Verdict(
        OPERATIONS,
        "warning",
        "The warehouse accepted the order and wants attention: settle with it what the reason says, then dismiss.",
    ),
    "substituted": Verdict(
        OPERATIONS,
        "critical",
        "The warehouse sent other goods than were ordered: settle it with the customer and in Khaos Control, then"
        " dismiss.",
    ),
    "told_otherwise": Verdict(
        OPERATIONS,
        "error",
        "The warehouse contradicts what it told before, and the first word counts: ask it which is true, then dismiss.",
    ),
    "file_gap": Verdict(
        SUPPORT,
        "error",
        "A file of the warehouse's series has not come: ask for it again; it closes by itself when it comes.",
    ),
    "file_name_reused": Verdict(
        SUPPORT,
        "error",
        "A file came again with other content and was not read: ask the warehouse which is right; `fleet replay RECORD`"
        " reads the kept one, then dismiss.",
    ),
    "file_not_taken": Verdict(
        SUPPORT,
        "error",
        "A file in the warehouse's folder cannot be fetched, and the others are: see what it is, and have it laid again"
        " or moved away, or raise the limit that the reason names. It closes by itself when it is taken or gone.",
    ),
    "file_not_archived": Verdict(
        SUPPORT,
        "error",
        "Files were taken and cannot be moved into the archive that the reason names: have the partner give the account"
        " the right, or make room. It closes by itself.",
    ),
    "folder_refused": Verdict(
        SUPPORT,
        "critical",
        "Nothing that this facility tells is heard: have the partner make the folder that the reason names, or correct"
        " it in fleet.toml. It closes by itself.",
    ),
    "envelope_faulted": Verdict(
        SUPPORT,
        "error",
        "The warehouse did not take the interchange as it is: look its note up, settle it with the warehouse, then"
        f" `{RETRY}` lays the same file again; it closes by itself when it answers.",
    ),
    "tracking_not_used": Verdict(
        SUPPORT,
        "warning",
        "Ask the warehouse what these numbers are, and where it writes those of parcels; add to the invoice in Khaos"
        " Control what its customer needs, then dismiss.",
    ),
    "tracking_late": Verdict(
        CUSTOMER_SERVICE,
        "warning",
        "The parcel's number came after the dispatch: add it to the invoice in Khaos Control, tell the customer, then"
        " dismiss.",
    ),
    "unknown_facility": Verdict(
        SUPPORT,
        "error",
        f"The warehouse speaks of a facility that fleet.toml does not name: add it to the connection's sites, restart,"
        f" then `{RETRY}`.",
    ),
    "count_late": Verdict(
        OPERATIONS, "error", "The day's count of this building has not come: ask the warehouse for it."
    ),
    "stock_differs": Verdict(
        OPERATIONS,
        "warning",
        "The warehouse's count and its movements differ: ask it for what is missing, or take the count for true with"
        " `fleet stock-differences adopt SITE SKU --by NAME`.",
    ),
    "empty_parcel": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "A returned parcel was empty, and nobody was credited: ask the customer and the carrier, then dismiss.",
    ),
    "wrong_item": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "Other goods came back than were announced, and nobody was credited: ask the customer, then dismiss.",
    ),
    # stock
    "unknown_condition": Verdict(
        OPERATIONS,
        "error",
        "The warehouse holds units in a condition that no table knows, so they are not sold: add the row that the"
        " reason names to fleet.toml, restart, then dismiss.",
    ),
    "clock_ahead": Verdict(
        SUPPORT,
        "warning",
        "A partner's clock is ahead: ask them to set it. What it tells counts from when it came, and nothing is lost.",
    ),
    "level_drift": Verdict(
        MERCHANDISING,
        "warning",
        "Somebody or something else changes levels in Khaos Control: find out who (a stock-take, an import, another"
        " integration). They are set right again; the figures of before and after stand in each SKU's story.",
    ),
    "absurd_quantity": Verdict(
        OPERATIONS,
        "error",
        "A figure that nobody can mean, and nothing counts by it: have it corrected where it was written; where a"
        f" message waits, `{RETRY}`.",
    ),
    "level_race": Verdict(
        OPERATIONS,
        "warning",
        "Khaos Control shows another level each time that it is set: see who else sets it. It goes on being set"
        " every minute.",
    ),
    "level_not_taken": Verdict(
        MERCHANDISING,
        "warning",
        "Khaos Control does not take this level: do what the reason says; the next comparison sets it by itself.",
    ),
    "wrong_site": Verdict(
        SUPPORT, "error", "fleet.toml names a site that Khaos Control does not have: correct the name and restart."
    ),
    "unbalanced_status_change": Verdict(
        OPERATIONS,
        "error",
        "The warehouse's status change does not net to zero, so nothing of it was taken: ask it to send it right.",
    ),
    "snapshot_unbalanced": Verdict(
        OPERATIONS,
        "error",
        "The warehouse's count contradicts itself, so nothing of it was taken: ask it for another.",
    ),
    "short_at_warehouse": Verdict(
        OPERATIONS,
        "warning",
        "More is ordered than the warehouse holds beside its other orders: see whether goods are on their way.",
    ),
    # journals
    "reason_unknown": Verdict(
        FINANCE,
        "warning",
        "The warehouse told no reason for this adjustment: ask it, then `fleet journal map ID --reason R --account A"
        " --by NAME`.",
    ),
    "reason_unmapped": Verdict(
        FINANCE,
        "error",
        "Add the row that the reason names to fleet.toml and restart: every entry that waits for it goes by itself.",
    ),
    # garments and hires
    "garment_not_available": Verdict(
        CUSTOMER_SERVICE,
        "error",
        f"The warehouse has no garment ready for a line: offer another, change the order in Khaos Control, or `{RETRY}`"
        " once one is back.",
    ),
    "garment_not_chosen": Verdict(
        OPERATIONS,
        "error",
        f"Too few garments of a line are ready: `{RETRY}` once more are, or let the warehouse choose (the connection's"
        " sku_mode).",
    ),
    "hire_dates_missing": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "Enter the hire dates in the order's fields in Khaos Control: the order goes by itself.",
    ),
    "line_unpriced": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "Give the order line a price in Khaos Control: the order goes by itself.",
    ),
    "stock_file_refused": Verdict(
        OPERATIONS,
        "error",
        "Ask the warehouse for a whole file, or take this one for whole: `fleet garments accept-file NAME`. The last"
        " good one counts meanwhile.",
    ),
    "garment_lost": Verdict(
        OPERATIONS,
        "warning",
        "Ask the warehouse to look for these garments; what will not be found: `fleet garments give-up TAG`.",
    ),
    "garment_not_set_up": Verdict(
        MERCHANDISING,
        "warning",
        "Give these SKUs a stock code in Khaos Control, or name the code that they are counted under; until then they"
        " sell nothing.",
    ),
    "garment_unmatched": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "Ask the warehouse from which order this garment came: its next event about it is judged by that order.",
    ),
    "counterfeit_return": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "A counterfeit came back, nobody was credited and no deposit is released: open a case with the customer, then"
        " dismiss.",
    ),
    "hire_not_credited": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "These goods were hired: stop the return (`fleet returns stop REF --why TEXT --by NAME`); deposit and charges"
        " stand on the worklist `charges`.",
    ),
    "hire_late": Verdict(
        CUSTOMER_SERVICE,
        "warning",
        "Remind the customers of these hires; an entry goes when its garment is back.",
    ),
    "hire_not_returned": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "Charge the customer for the garment, or get it back; what will not come back: `fleet garments give-up TAG`.",
    ),
    "write_off_waits": Verdict(
        FINANCE,
        "warning",
        "Confirm each garment that is off the books for good: `fleet garments write-off TAG --by NAME`.",
    ),
    "unknown_event": Verdict(
        SUPPORT,
        "warning",
        "See what the event says (`fleet exceptions show ID --body`) and ask the warehouse what it means; it is kept as"
        " it came.",
    ),
    # journals, their costs
    "cost_missing": Verdict(
        FINANCE,
        "warning",
        "Load a valuation that names this SKU and site (`fleet valuation load FILE`), or give the product its buying"
        " price in Khaos Control: the entries go by themselves.",
    ),
    "journal_not_writable": Verdict(
        FINANCE,
        "error",
        "The adjust-by file cannot hold this entry: do what its reason says, and the next file has it; or book it by"
        " hand in Khaos Control.",
    ),
    "journal_refused": Verdict(
        FINANCE,
        "error",
        "Khaos Control does not book this entry: put right what its reason names, or map the entry anew, then"
        f" `{RETRY}`.",
    ),
    "stock_not_carried": Verdict(
        FINANCE,
        "warning",
        "Units stand in a condition that has no Khaos site: name one under [stock.sites] in fleet.toml and restart, or"
        " carry them by hand.",
    ),
    "site_left_behind": Verdict(
        OPERATIONS,
        "error",
        "Bring these levels to 0 in Khaos Control, or put the site back into fleet.toml and restart. Whoever keeps the"
        " site now by other means dismisses this.",
    ),
    # goods in and returns
    "receipt_without_lines": Verdict(
        SUPPORT,
        "error",
        "Goods came in and the warehouse does not tell which: make automations for its goods_in and putaway_task"
        " events, or have the tenant show a task's receipt line; it closes by itself.",
    ),
    "unknown_grade": Verdict(
        CUSTOMER_SERVICE,
        "error",
        f"No row says what to do with goods in this condition: add the one that the reason names, restart, `{RETRY}`;"
        " or `fleet returns grade REF CONDITION --by NAME`.",
    ),
    "return_unknown_order": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "Goods came back and nobody knows the order: find it, then `fleet returns offer REF --order CODE --by NAME`; or"
        " `fleet returns stop REF --why TEXT --by NAME`.",
    ),
    "returned_more_than_shipped": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "More came back than left on this order, or a unit twice: if a dispatch was told late,"
        f" `{RETRY}`; else `fleet returns stop REF --why TEXT --by NAME`.",
    ),
    "returns_channel_missing": Verdict(
        SUPPORT,
        "error",
        f"Set [connections.khaos.channel] in fleet.toml and the channel in Khaos Control, then `{RETRY}`; a credit"
        " given by hand is told with `fleet returns credited REF NOTE --by NAME`.",
    ),
    "maybe_credited": Verdict(
        CUSTOMER_SERVICE,
        "error",
        "The customer was credited for this SKU already: if it was for these goods, `fleet returns stop REF --why TEXT"
        " --by NAME`; if not, `fleet returns offer REF --by NAME`.",
    ),
    "credit_ambiguous": Verdict(
        CUSTOMER_SERVICE,
        "warning",
        "More than one credit note or return fits: look which belongs together, then `fleet returns credited REF NOTE"
        " --by NAME`.",
    ),
    "credit_differs": Verdict(
        FINANCE,
        "warning",
        "The credit note credits another quantity than came back: compare, correct it in Khaos Control, then dismiss.",
    ),
    "credit_unexpected": Verdict(
        FINANCE,
        "critical",
        "The customer may be credited twice for the same goods: compare the credit notes, cancel one in Khaos Control,"
        " then dismiss.",
    ),
    "goods_not_booked": Verdict(
        FINANCE,
        "warning",
        "A supplier's goods wait for their delivery note in Khaos Control and are not sold: book it there. If it is"
        " booked, `fleet received list` has the line's number: `fleet received book ID --by NAME`.",
    ),
    "return_not_seen": Verdict(
        CUSTOMER_SERVICE,
        "warning",
        "Khaos Control pulled this return and shows no credit note: see the channel's imported returns there, whether"
        " it was refused or waits to be processed; it closes by itself.",
    ),
    "refund_due": Verdict(
        FINANCE,
        "error",
        "Returned goods are not credited by day 10 of 14: see in Khaos Control whether the return was imported and"
        " processed; it closes by itself.",
    ),
    "deleted_in_khaos": Verdict(
        MERCHANDISING,
        "warning",
        "Khaos Control deleted an item that a warehouse still holds: bring it back, or have the goods taken out; then"
        " dismiss.",
    ),
    # what was said and could not be read
    "unmappable": Verdict(SUPPORT, "error", f"Add the row that the reason names, then `{RETRY}`."),
    "garbled_hint": Verdict(
        SUPPORT,
        "warning",
        "A webhook that names no order; the sweep finds what it meant. Ask the warehouse, then dismiss.",
    ),
    "unreadable": Verdict(
        SUPPORT,
        "error",
        "What the partner sent cannot be read; it is kept. Ask them to mend it, then `fleet replay RECORD`.",
    ),
    "fractional_quantity": Verdict(
        OPERATIONS, "error", "A warehouse picks whole units: correct the quantity in Khaos Control."
    ),
    # an orders file
    "not_a_sale": Verdict(
        FINANCE,
        "info",
        "This corrects stock or money and sells nothing: book or credit it in Khaos Control, then dismiss.",
    ),
    "file_line_unreadable": Verdict(SUPPORT, "warning", "Correct the line in the orders file and load it again."),
    "country_conflict": Verdict(
        CUSTOMER_SERVICE, "warning", "One invoice names two countries: correct the orders file and load it again."
    ),
    "import_refused": Verdict(
        OPERATIONS,
        "error",
        "Khaos Control did not take this order: put right what its reason names, and load the file again.",
    ),
    # the fleet's own machinery
    "poison": Verdict(
        ENGINEERING,
        "error",
        "Something that is no task was put into a queue; it is kept as a record. Find out who put it there,"
        " then dismiss.",
    ),
    "task_unknown": Verdict(
        ENGINEERING,
        "error",
        "A task that this release does not know: an older or newer release still publishes. Then dismiss.",
    ),
    "kills_worker": Verdict(
        ENGINEERING,
        "critical",
        f"Working on this message alone ended the process: see its log. After a mend, `{RETRY}`.",
    ),
    "crashed": Verdict(
        ENGINEERING, "critical", f"A fault in the fleet's own code: see the log. After a mend, `{RETRY}`.", retries=2
    ),
    "schedule_failed": Verdict(
        ENGINEERING, "error", "Something that runs on a schedule fails: see the reason; it is tried again by itself."
    ),
    "schedule_failing": Verdict(
        SUPPORT,
        "error",
        "One poll fails again and again while its connection works: see the reason, and ask the partner; it is tried"
        " again by itself.",
    ),
    "told_to_wait": Verdict(
        SUPPORT,
        "error",
        "A partner has told us to wait for more than a quarter of an hour: ask them why, or lower the connection's rate"
        " in fleet.toml.",
    ),
    "queue_waits": Verdict(
        SUPPORT,
        "error",
        "Messages of this queue may go and do not: see `fleet status` for its speed; raise concurrency or rate, or add"
        " a worker.",
    ),
    "no_worker": Verdict(
        SUPPORT,
        "critical",
        "Start the worker of this queue (`fleet up`, or its line of the Procfile), and see why it ended.",
    ),
    "beat_away": Verdict(
        SUPPORT,
        "critical",
        "Start `beat` and the `control` worker: until then nothing is polled, probed or tried again.",
    ),
    "outcome_not_stored": Verdict(
        ENGINEERING,
        "critical",
        f"What came of a call could not be stored: see the log for the value. After a mend, `{RETRY}` looks it up.",
    ),
}

UNKNOWN = Verdict(ENGINEERING, "error", "A kind of trouble that policy.VERDICTS does not know: add a row there.")


def verdict(kind: str) -> Verdict:
    """The row of a kind; an unknown kind is engineering's, loudly."""
    return VERDICTS.get(kind, UNKNOWN)


BASE, CEILING = 1.0, 300.0


def back_off(tries: int, rng: random.Random) -> float:
    """Seconds until the next try: exponential with full jitter, from one second up to five minutes."""
    return rng.uniform(0.2, min(CEILING, BASE * 2.0 ** min(tries, 16)))
