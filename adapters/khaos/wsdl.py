"""What the service says of itself: each operation's SOAPAction, namespace and arguments in order.

Nothing of it may be hard-coded: the unit name inside namespace and SOAPAction differs between
builds (toolkit convention; confirmed by no published WSDL).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from adapters.errors import Garbled
from adapters.text import xml_bytes

W = "{http://schemas.xmlsoap.org/wsdl/}"
S = "{http://schemas.xmlsoap.org/wsdl/soap/}"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: ``arguments`` are (name, XSD type without prefix) in the order of the WSDL."""

    name: str
    action: str
    namespace: str
    arguments: tuple[tuple[str, str], ...]


def parse(body: bytes, where: str) -> Element:
    """The XML in ``body``, with LOST for what XML forbids; Garbled when there is none. ``where`` names the reply."""
    try:
        root: Element = fromstring(xml_bytes(body), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        start = body[:200].lstrip().lower()
        page = start.startswith((b"<!doctype html", b"<html"))
        what = "an HTML page" if page else f"no well-formed XML ({len(body)} bytes, {type(error).__name__})"
        raise Garbled(
            f"{where}: expected SOAP and got {what}; ask the merchant for IIS's log of this minute"
        ) from error
    return root


def read_wsdl(body: bytes) -> Mapping[str, Operation]:
    """Every operation of the rpc/encoded binding by name.

    Raises:
        Garbled: not XML, or a document without a SOAP binding.
    """
    root = parse(body, "WSDL")
    messages = {
        message.get("name", ""): tuple(
            (part.get("name", ""), part.get("type", "").rpartition(":")[2]) for part in message.iter(f"{W}part")
        )
        for message in root.iter(f"{W}message")
    }
    inputs: dict[str, tuple[tuple[str, str], ...]] = {}
    for port in root.iter(f"{W}portType"):
        for operation in port.iter(f"{W}operation"):
            input_element = operation.find(f"{W}input")
            message = "" if input_element is None else input_element.get("message", "").rpartition(":")[2]
            inputs[operation.get("name", "")] = messages.get(message, ())
    found: dict[str, Operation] = {}
    for binding in root.iter(f"{W}binding"):
        for operation in binding.iter(f"{W}operation"):
            name = operation.get("name", "")
            soap = operation.find(f"{S}operation")
            inside = operation.find(f"{W}input/{S}body")
            if soap is None or inside is None:
                continue
            found[name] = Operation(name, soap.get("soapAction", ""), inside.get("namespace", ""), inputs.get(name, ()))
    if not found:
        raise Garbled("WSDL: no SOAP binding in it; check that `url` ends with the service's .exe", maybe_done=False)
    return found
