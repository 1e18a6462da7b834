"""What ACS's JSON, events and CSV files mean, garment by garment: orders and set-up written; answers and stock read."""

from mappings.acs.decisions import Booking, Decision, Money, decide, settled_kind
from mappings.acs.events import Event, EventKind, read_event, unknown_event
from mappings.acs.file_form import Form
from mappings.acs.grades import Grades
from mappings.acs.item_events import read_graded, read_moved, read_received, read_retired, read_unclear
from mappings.acs.order_events import (
    OrderWord,
    read_accepted,
    read_cancel_rejected,
    read_cancelled,
    read_dispatched,
    read_rejected,
)
from mappings.acs.orders import Account, item_ids, write_cancellation, write_order
from mappings.acs.reading_orders import as_warehouse_order, read_order
from mappings.acs.replies import Refusal, read_refusals, read_taken, worst
from mappings.acs.returns import as_receipt
from mappings.acs.services import read_courier, write_service
from mappings.acs.setup_file import is_there, read_setup_result, write_setup_file, write_setup_row
from mappings.acs.states import States
from mappings.acs.stock_file import Survey, read_garments, survey
from mappings.acs.tags import read_tag
from mappings.garment_book import Gone, line_of, not_booked

__all__ = [
    "Account",
    "Booking",
    "Decision",
    "Event",
    "EventKind",
    "Form",
    "Gone",
    "Grades",
    "Money",
    "OrderWord",
    "Refusal",
    "States",
    "Survey",
    "as_receipt",
    "as_warehouse_order",
    "decide",
    "is_there",
    "item_ids",
    "line_of",
    "not_booked",
    "read_accepted",
    "read_cancel_rejected",
    "read_cancelled",
    "read_courier",
    "read_dispatched",
    "read_event",
    "read_garments",
    "read_graded",
    "read_moved",
    "read_order",
    "read_received",
    "read_refusals",
    "read_rejected",
    "read_retired",
    "read_setup_result",
    "read_tag",
    "read_taken",
    "read_unclear",
    "settled_kind",
    "survey",
    "unknown_event",
    "worst",
    "write_cancellation",
    "write_order",
    "write_service",
    "write_setup_file",
    "write_setup_row",
]
