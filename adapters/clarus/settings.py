"""Settings of one Clarus connection, with their defaults.

The dotted names in brackets are sections of Clarus's public documentation
(documentation.claruswms.com) from which a default comes.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from adapters.secret import Secret
from adapters.waiting import LONGEST_WAIT

Text = Annotated[str, StringConstraints(min_length=1)]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+[^/\s]$")]
Seconds = Annotated[float, Field(gt=0)]


class Settings(BaseModel):
    """One tenant and one account of Clarus. Frozen; an unknown name is refused.

    Secrets arrive resolved. ``account`` and the keys of ``sites`` are Clarus codes, never ids: ids
    are looked up (``Clarus.reference_data``). Times are in seconds unless the name says minutes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: Url = "https://clarus-api.com"  # api-reference/introduction
    rest_prefix: Annotated[str, Field(pattern=r"^(/[\w.-]+)*$")] = "/api"  # older samples show /api/v1
    token_path: Annotated[str, Field(pattern=r"^/")] = "/oauth/token"  # noqa: S105 -- a path, not a secret
    subdomain: Text  # the tenant: header X-Clarus-Subdomain
    account: Text  # the stock owner's code
    client_id: Text
    client_secret: Secret
    scopes: str = ""  # none are published; sent only when given

    webhook_token: Annotated[Secret, Field(min_length=16)]  # the unguessable part of our webhook URLs
    webhook_domain: str = ""  # exact X-ClarusWMS-Domain; empty = not checked
    webhook_api_domain: str = ""  # exact X-ClarusWMS-API-Domain; empty = not checked
    webhook_automations: dict[str, str] = Field(default_factory=dict)  # "goods_out.completed" -> automation id
    webhook_integration_id: str = ""  # exact X-ClarusWMS-Integration-ID; empty = not checked

    sites: dict[str, str] = Field(default_factory=dict)  # warehouse code -> Khaos site name
    proof: Literal["2xx", "get"] = "2xx"  # what proves a created order: the answer, or reading it back
    stock_unit_type: Text = "EACH"  # code of the unit that new products are counted in
    dispatch_strategy: Literal["manual", "auto", "load", "shipment", "auto_shipment"] | None = None
    release: Literal["warehouse", "process_picks"] = "warehouse"  # who starts picking
    # Attributes that make a receipt a return, for example {"receipt_type": "return"}. None is documented over REST,
    # so what to send is agreed with the vendor; None sends an ordinary receipt.
    receipt_kind: dict[str, str | int] | None = None
    return_receipt_types: tuple[Text, ...] = ("return",)  # what receipt_type says of a return, in any case

    rate: Annotated[str, Field(pattern=r"^(off|\d+(\.\d+)?/[smh])$")] = "5/s"  # no limit is published: a polite guess
    concurrency: Annotated[int, Field(gt=0)] = 4
    connect_timeout: Seconds = 10.0
    longest_wait: Seconds = LONGEST_WAIT  # at most so long Clarus makes us wait (Retry-After), whatever it says
    deadline: Seconds = 30.0  # of one whole exchange
    partner_timeout: Seconds = 60.0  # a call cut off longer ago than this can no longer take effect at Clarus
