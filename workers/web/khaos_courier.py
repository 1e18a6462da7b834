"""Where Khaos posts invoices that an operator assigned to our courier: it gets their consignments in the same answer.

Vendor: repository ``kc-courier-services`` (reference 1.3 and 2.2.4). The body has names and addresses in it: nothing of
that is kept or logged.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Engine

from adapters.khaos.courier_settings import CourierHook
from mappings.errors import Unmappable
from mappings.khaos.channel import (
    CONTENT_TYPES,
    CourierRequest,
    Form,
    form_of,
    read_courier_export,
    write_courier_import,
)
from workers.config import Configuration
from workers.dispatch_in.courier_hook import Counter
from workers.dispatch_in.routes import HOOK
from workers.ledger.store import Store
from workers.web.basic import credentials
from workers.web.bodies import Unacceptable, read_body
from workers.web.ledger_door import AGAIN, AWAY, present
from workers.web.refused_calls import RefusedCalls

log = structlog.get_logger(__name__)

ASK = {"WWW-Authenticate": 'Basic realm="courier", charset="UTF-8"'}
FORMS: dict[str, Form | None] = {"": None, ".json": "json", ".xml": "xml"}  # None: as the body says


def counter(store: Store, configuration: Configuration) -> Counter:
    """The counter that answers in this deployment."""
    hook: CourierHook = configuration.erp.settings.courier_hook
    warehouses = frozenset(c.name for c in configuration.warehouses if c.dispatch_route == HOOK)
    return Counter(store, configuration.erp.name, warehouses, labels=hook.label == "pdf")


def routes(hook: CourierHook, here: Counter, engine: Engine) -> APIRouter:
    """``POST /khaos/courier``, and with ``.json`` or ``.xml`` behind it, for the user of the settings."""
    router = APIRouter()
    refusals = RefusedCalls(here.store, engine, "dispatch-in")

    def door(named: Form | None) -> Callable[[Request], Awaitable[Response]]:
        async def assigned(request: Request) -> Response:
            login = credentials(request.headers.get("authorization", ""))
            if not hmac.compare_digest(login, f"{hook.user}:{hook.password}".encode()):
                log.warning("a courier's question was refused", reason="credentials")
                await refusals.refused(here.erp, "courier", "credentials")
                return Response(status_code=401, headers=ASK)
            await refusals.taken(here.erp, "courier")
            try:
                body = await read_body(request)
                form = named or form_of(request.headers.get("content-type", ""), body)
                question = read_courier_export(body, form)
            except Unacceptable as error:
                log.warning("a courier's question was refused", reason=error.why)
                return Response(status_code=error.status)
            except Unmappable as error:  # its value may be anybody's name: only the field is named
                log.warning("a courier's question could not be read", field=error.field)
                return Response(f"no CourierExportData: {error.field}: {error.why}\n", 400, media_type="text/plain")
            try:
                answer = await run_in_threadpool(_answer, here, engine, question, form)
            except AWAY as error:
                log.warning("a courier's question could not be answered", error=type(error).__name__)
                return Response(status_code=503, headers=AGAIN)
            return Response(answer, media_type=CONTENT_TYPES[form])

        return assigned

    for suffix, form in FORMS.items():
        router.add_api_route(f"/khaos/courier{suffix}", door(form), methods=["POST"], include_in_schema=False)
    return router


def _answer(here: Counter, engine: Engine, question: CourierRequest, form: Form) -> bytes:
    present(engine)  # Khaos waits for half a minute at the most
    answers = here.answer(question)
    given = sum(answer.success for answer in answers)
    log.info("a courier's question was answered", invoices=len(question.invoices), answers=len(answers), given=given)
    return write_courier_import(answers, form)
