"""Whether an answer is a SOAP message with a fault in it: the document says so, wherever the fault stands."""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from adapters.text import xml_bytes


def holds_fault(body: bytes) -> bool:
    """Whether ``body`` is an Envelope whose Body holds a Fault, of SOAP 1.1 or 1.2, with any prefix or none."""
    if b"Fault" not in body.replace(b"\0", b""):  # also of UTF-16, whose every other byte is one
        return False
    try:
        root: Element = fromstring(xml_bytes(body), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return False
    return _local(root) == "Envelope" and any(
        _local(one) == "Fault" for part in root if _local(part) == "Body" for one in part
    )


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]
