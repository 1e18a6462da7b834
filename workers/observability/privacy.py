"""Which keys and errors can carry personal data, and how text is masked.

Logs and alerts both ask here, so that they cannot disagree. When in doubt it withholds: the ledger
has the whole story, behind a login.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapters.errors import ReachError
from mappings.errors import Unmappable

WITHHELD = "[withheld]"

# Errors whose messages we write ourselves, from references, field names and HTTP statuses.
OUR_ERRORS: tuple[type[BaseException], ...] = (ReachError, Unmappable)

# A key is withheld when one of its words stands here: `delivery_address`, `rawBody`, `customer.email`.
PERSONAL_WORDS = frozenset(
    (
        *("address", "addresses", "addr", "line1", "line2", "line3", "street", "town", "city", "county"),
        *("postcode", "postal", "zip", "email", "emails", "mail", "phone", "phones", "telephone", "tel"),
        *("mobile", "fax", "contact", "recipient", "consignee", "addressee", "person", "birth", "dob", "ip"),
        *("forename", "surname", "firstname", "lastname", "fullname", "username", "comment", "comments"),
        *("instructions", "body", "bodies", "payload", "payloads", "raw", "wire", "xml", "content"),
        *("document", "envelope", "data", "form", "args", "kwargs", "params", "parameters", "query"),
        *("headers", "cookie", "cookies", "password", "passwd", "secret", "secrets", "token", "tokens"),
        *("authorization", "credentials", "dsn", "apikey"),
    )
)
# `name` alone is a person's; `task_name` or `stage_name` is not, `customer_name` is.
NAMED_PERSONS = frozenset(
    (
        *("first", "last", "full", "sur", "fore", "middle", "customer", "contact", "company", "recipient"),
        *("delivery", "invoice", "user", "buyer"),
    )
)
FREE_TEXT = frozenset({"order_note", "invoice_note", "delivery_note", "gift_message", "packing_note"})
# A key that ends so holds a measure of the thing, not the thing: `body_bytes`, `address_count`.
MEASURES = frozenset({"bytes", "size", "length", "count", "hash", "sha256", "seconds", "days", "kind"})

# The areas of UK postcodes, and the letters that end one: without its space a postcode looks like a product's code.
AREAS = (
    "AB|AL|BA|BB|BD|BH|BL|BN|BR|BS|BT|B|CA|CB|CF|CH|CM|CO|CR|CT|CV|CW|DA|DD|DE|DG|DH|DL|DN|DT|DY|EC|EH|EN|EX|E|FK|FY|"
    "GL|GU|GY|G|HA|HD|HG|HP|HR|HS|HU|HX|IG|IM|IP|IV|JE|KA|KT|KW|KY|LA|LD|LE|LL|LN|LS|LU|L|ME|MK|ML|M|NE|NG|NN|NP|NR|NW|"
    "N|OL|OX|PA|PE|PH|PL|PO|PR|RG|RH|RM|SA|SE|SG|SK|SL|SM|SN|SO|SP|SR|SS|ST|SW|SY|S|TA|TD|TF|TN|TQ|TR|TS|TW|UB|WA|WC|"
    "WD|WF|WN|WR|WS|WV|W|YO|ZE"
)
ENDS = "[ABD-HJLNP-UW-Z]{2}"
MASKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"//[^/\s@]*:[^/\s@]*@"), "//[credentials]@"),
    (re.compile(r"\b(?:bearer|basic)\s+[\w.~+/=-]{16,}", re.IGNORECASE), "[token]"),
    (re.compile(r"\beyJ[\w-]{8,}(?:\.[\w-]*)*"), "[token]"),
    (re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)*"), "[e-mail]"),
    (
        re.compile(
            r"\b[A-Z]{2}\d{2}(?: ?[A-Z]{4} ?\d{4} ?\d{4} ?\d{4} ?\d{2}|(?: [A-Z\d]{4}){3,7}(?: [A-Z\d]{1,3})?)\b"
        ),
        "[IBAN]",
    ),
    (re.compile(r"(?<![\w.-])\d{4}(?P<gap>[ -])\d{4}(?P=gap)\d{4}(?P=gap)\d{3,4}(?![\w-])"), "[card]"),
    (re.compile(r"(?<![\w.-])[3-6]\d{14,15}(?![\w-])"), "[card]"),
    (re.compile(r"(?<![\w.-])(?:(?:\+|00)\d{1,3}[ -]?(?:\(0\) ?)?|0)\d(?:[ -]?\d){8,10}(?![\w-])"), "[phone]"),
    (re.compile(r"\(0\d{2,5}\) ?\d(?:[ -]?\d){4,8}(?![\w-])"), "[phone]"),
    (re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b"), "[postcode]"),
    (re.compile(rf"(?<![\w/.-])(?:{AREAS})\d[A-Z\d]? ?\d{ENDS}(?![\w/-])", re.IGNORECASE), "[postcode]"),
)

_WORDS = re.compile(r"[A-Z]?[a-z]+\d?|[A-Z]+(?![a-z])\d?|\d+")


def is_personal(key: str) -> bool:
    """Whether the value under ``key`` may hold personal data, a secret, or a body that holds either."""
    words = [word.lower() for word in _WORDS.findall(key)]
    if not words or words[-1] in MEASURES:
        return False
    if words[-1] in {"name", "names"}:
        return len(words) == 1 or words[-2] in NAMED_PERSONS
    return "_".join(words) in FREE_TEXT or any(not PERSONAL_WORDS.isdisjoint(_spellings(word)) for word in words)


def _spellings(word: str) -> tuple[str, str, str]:
    """Khaos Control writes IADDRESS1 and DTOWN for an invoice's and a delivery's address1 and town."""
    plain = word.rstrip("0123456789")
    return word, plain, plain[1:] if plain[:1] in {"i", "d"} else plain


def mask(text: str, at_most: int = 500) -> str:
    """``text`` without e-mail addresses, phone numbers, UK postcodes and URL credentials, cut to ``at_most``."""
    for pattern, instead in MASKS:
        text = pattern.sub(instead, text)
    return text if len(text) <= at_most else f"{text[:at_most]}… ({len(text)} characters)"


def own_message(error: BaseException) -> str:
    """The error's own message, masked, when one of our classes wrote it; else an empty string.

    Messages of others quote values: SQLAlchemy its parameters, pydantic its input, a KeyError its key.
    """
    return mask(str(error)) if isinstance(error, OUR_ERRORS) else ""


def brief(error: BaseException) -> str:
    """The error in a few words that name nobody: its class, and its message where that is safe."""
    return f"{type(error).__name__}: {own_message(error)}".removesuffix(": ")


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, what caused it, and the members of groups; each once, 50 at the most."""
    waiting, seen = [error], set[int]()
    while waiting and len(seen) < 50:  # noqa: PLR2004  a bound against endless chains, nothing more
        current = waiting.pop(0)
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [current.__cause__, None if current.__suppress_context__ else current.__context__]
        if isinstance(current, BaseExceptionGroup):
            waiting += current.exceptions
