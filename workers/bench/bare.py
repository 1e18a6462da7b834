"""The bare Celery that the fleet is measured against: a task that posts a body, and nothing else."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import requests
from celery import Celery

from workers.bench.trade import NAME

app = Celery("bare", broker=os.environ["BARE_BROKER_URL"])
app.conf.update(
    task_ignore_result=True,
    task_send_sent_event=False,
    broker_connection_retry_on_startup=True,
)
_local = threading.local()
_body = Path(os.environ["BARE_BODY"]).read_bytes()
_url = os.environ["BARE_URL"] + "/api/goods_outs"
_headers = {
    "Authorization": "Bearer bench",
    "X-Clarus-Subdomain": "bench",
    "Content-Type": "application/json",
    "Accept": "application/json",
}


def _session() -> requests.Session:
    session: requests.Session | None = getattr(_local, "session", None)
    if session is None:
        session = _local.session = requests.Session()
        session.trust_env = False  # as the adapters do: no look at the environment for each call
    return session


@app.task(name="post")  # type: ignore[untyped-decorator]
def post(reference: str) -> None:
    """Post one order."""
    answer = _session().post(_url, data=_body.replace(NAME, reference.encode()), headers=_headers, timeout=30)
    answer.raise_for_status()
    if not answer.json()["data"]["id"]:
        raise ValueError("the answer has no id: look at workers/bench/answers.py")
