"""The sandbox's side of SOAP: its WSDL, reading a request, writing a reply or a fault.

Names and layout follow the conventions of the toolkit that the vendor uses; no WSDL of theirs is
published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from defusedxml.ElementTree import fromstring

UNIT = "urn:KosWebIntf"
SPACE = f"{UNIT}-IKosWeb"
LONDON = ZoneInfo("Europe/London")

# arguments in order as (name, XSD type), and the type of the result
Signature = tuple[tuple[tuple[str, str], ...], str]

# item type of each array inside a result type
ARRAYS: Mapping[str, Mapping[str, str]] = {
    "TOrderImportResult": {"OrderImport": "TOrderImport", "OrderSkipped": "TOrderSkipped"},
    "TStockList": {"List": "TStockInfo"},
    "TSiteList": {"List": "TSite"},
}


@dataclass(frozen=True)
class Request:
    """One decoded call."""

    operation: str
    arguments: dict[str, Any]


READ = {
    "int": lambda text: int(text or 0),
    "boolean": lambda text: text.strip().lower() in ("true", "1", "-1"),
    "dateTime": lambda text: datetime.fromisoformat(text.strip()).replace(tzinfo=LONDON) if text.strip() else None,
}


def wsdl(signatures: Mapping[str, Signature], address: str) -> str:
    """The service's description, with every operation of the table."""
    messages, ports, bindings = [], [], []
    body = f'<soap:body use="encoded" encodingStyle="http://schemas.xmlsoap.org/soap/encoding/" namespace="{SPACE}"/>'
    for name, (arguments, result) in signatures.items():
        parts = "".join(f'<part name="{a}" type="xs:{t}"/>' for a, t in arguments)
        back = f"xs:{result}" if result == "string" else f"ns1:{result}"
        messages.append(
            f'<message name="{name}0Request">{parts}</message>'
            f'<message name="{name}0Response"><part name="return" type="{back}"/></message>'
        )
        ports.append(
            f'<operation name="{name}"><input message="tns:{name}0Request"/>'
            f'<output message="tns:{name}0Response"/></operation>'
        )
        bindings.append(
            f'<operation name="{name}"><soap:operation soapAction="{SPACE}#{name}" style="rpc"/>'
            f"<input>{body}</input><output>{body}</output></operation>"
        )
    return (
        '<?xml version="1.0" encoding="utf-8"?><definitions name="IKosWebservice"'
        ' targetNamespace="http://tempuri.org/" xmlns:tns="http://tempuri.org/"'
        ' xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:xs="http://www.w3.org/2001/XMLSchema"'
        f' xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:ns1="{UNIT}">{"".join(messages)}'
        f'<portType name="IKosWeb">{"".join(ports)}</portType>'
        '<binding name="IKosWebbinding" type="tns:IKosWeb">'
        f'<soap:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>{"".join(bindings)}</binding>'
        '<service name="IKosWebservice"><port name="IKosWebPort" binding="tns:IKosWebbinding">'
        f'<soap:address location="{escape(address)}"/></port></service></definitions>'
    )


def read_request(body: bytes, signatures: Mapping[str, Signature]) -> Request:
    """The operation and its typed arguments; those without a declared type stay text."""
    root = fromstring(body)
    call = next(iter(next(e for e in root if e.tag.endswith("}Body"))))
    operation = call.tag.rpartition("}")[2]
    types = dict(signatures.get(operation, ((), ""))[0])
    return Request(operation, {e.tag: READ.get(types.get(e.tag, ""), str)(e.text or "") for e in call})


def envelope(inside: str) -> bytes:
    """A SOAP envelope around a body."""
    return (
        '<?xml version="1.0"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns:SOAP-ENC="http://schemas.xmlsoap.org/soap/encoding/">'
        f'<SOAP-ENV:Body xmlns:NS2="{UNIT}">{inside}</SOAP-ENV:Body></SOAP-ENV:Envelope>'
    ).encode()


def write_reply(operation: str, value: Any, kind: str, *, multiref: bool) -> bytes:
    """The reply envelope; an object goes inline or as references to sibling nodes."""
    aside: list[str] = []
    returned = _element("return", value, kind, aside if multiref else None)
    answer = f'<NS1:{operation}Response xmlns:NS1="{SPACE}">{returned}</NS1:{operation}Response>'
    return envelope(answer + "".join(aside))


def _element(tag: str, value: Any, kind: str, aside: list[str] | None) -> str:
    if isinstance(value, (dict, list)):
        attributes, inside, node = _compound(value, kind, aside)
        if aside is None:
            return f"<{tag} {attributes}>{inside}</{tag}>"
        number = len(aside) + 1
        aside.append(f'<{node} id="{number}" {attributes}>{inside}</{node}>')
        return f'<{tag} href="#{number}"/>'
    word, text = _scalar(value)
    return f'<{tag} xsi:type="xsd:{word}">{escape(text)}</{tag}>'


def _compound(value: dict[str, Any] | list[Any], kind: str, aside: list[str] | None) -> tuple[str, str, str]:
    if isinstance(value, list):
        inside = "".join(_element("item", v, kind, aside) for v in value)
        return f'xsi:type="SOAP-ENC:Array" SOAP-ENC:arrayType="NS2:{kind}[{len(value)}]"', inside, "SOAP-ENC:Array"
    arrays = ARRAYS.get(kind, {})
    inside = "".join(_element(name, v, arrays.get(name, ""), aside) for name, v in value.items())
    return f'xsi:type="NS2:{kind}"', inside, f"NS2:{kind}"


def _scalar(value: Any) -> tuple[str, str]:
    if isinstance(value, bool):
        return "boolean", "true" if value else "false"
    if isinstance(value, int):
        return "int", str(value)
    if isinstance(value, datetime):
        return "dateTime", value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return "string", str(value)


def write_fault(message: str, symbol: str, *, shape: str) -> bytes:
    """A Fault with the older (``old``) or newer (``new``) detail."""
    detail = (
        '<NS1:ERemotableException xmlns:NS1="urn:InvokeRegistry" xsi:type="NS1:ERemotableException"/>'
        if shape == "old"
        else '<NS1:EWebServiceError xmlns:NS1="urn:WebServiceP" xsi:type="NS1:EWebServiceError">'
        f'<ExceptionClassName xsi:type="xsd:string">{symbol}</ExceptionClassName>'
        f'<ExceptionInheritance xsi:type="xsd:string">{symbol},Exception</ExceptionInheritance></NS1:EWebServiceError>'
    )
    return envelope(
        "<SOAP-ENV:Fault><faultcode>SOAP-ENV:Client</faultcode>"
        f"<faultstring>{escape(message)}</faultstring><faultactor>{symbol}</faultactor>"
        f"<detail>{detail}</detail></SOAP-ENV:Fault>"
    )
