"""A file is taken from ``in``: an interchange or an item master; it ends in ``archive``, or in ``error``."""

from __future__ import annotations

import hashlib
import itertools
import logging
import re
from pathlib import Path
from typing import Any

from adapters.gxo.sandbox import items
from adapters.gxo.sandbox.advising import take_advice
from adapters.gxo.sandbox.answers import Verdict, acknowledge
from adapters.gxo.sandbox.interchange import Group, Interchange, Unreadable, read
from adapters.gxo.sandbox.ordering import take_order
from adapters.gxo.sandbox.site import PARTNER, Site
from adapters.gxo.sandbox.syntax import check

ARCHIVE, ERROR = "archive", "error"
AT_ONCE = 50  # files
# What may stand in a group (profile 2.2).
GROUPS = {"OW": "940", "AR": "943"}
UNSUPPORTED_GROUP, BAD_CONTROL_NUMBER = "1", "6"

log = logging.getLogger(__name__)


def take_all(site: Site) -> None:
    """Takes the files that are ready, at every facility; no more in one turn than leave others time to speak."""
    for facility in site.facilities:
        ready = site.folders.ready(facility, site.monotonic(), site.switches.stable_seconds)
        for path in itertools.islice(ready, AT_ONCE):
            take(site, facility, path)


def take(site: Site, facility: str, path: Path) -> None:
    """Takes one file. One that came before (same bytes) has no second effect; by a switch it is not even answered."""
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    seen = site.seen.setdefault(facility, {})
    told: dict[str, Any] = {"facility": facility, "name": path.name, "repeated": digest in seen, "verdict": ""}
    site.files.append(told)
    seen.setdefault(digest, path.name)
    folder = ARCHIVE
    if told["repeated"] and not (site.switches.answers_repeats and site.switches.duplicate_check):
        told["verdict"] = "archived in silence"
    else:
        try:
            folder, told["verdict"] = _read(site, facility, path.name, data, digest)
        except Exception:  # a mistake with one file must not close the site
            log.exception("could not work on %s", path.name)
            folder, told["verdict"] = ERROR, "the sandbox stumbled: see its log"
    told["folder"], told["kept_as"] = folder, site.folders.shelve(facility, path, folder)


def _read(site: Site, facility: str, name: str, data: bytes, digest: str) -> tuple[str, str]:
    try:
        if re.fullmatch(rf"item_{re.escape(site.client)}_\d{{14}}\.csv", name):
            return ARCHIVE, _take_items(site, facility, name, data)
        if not name.endswith(".edi"):
            return ERROR, "is neither NAME.edi nor item_CLIENT_TIME.csv"
        return _take_interchange(site, facility, digest, read(data))
    except (Unreadable, items.BadFile) as error:
        return ERROR, str(error)


def _take_items(site: Site, facility: str, name: str, data: bytes) -> str:
    judged = items.read(data, site.switches.reject_items)
    for _, item in judged:
        if item is not None:
            site.items.accept(facility, item)
            if not site.stock.knows(facility, item.sku):
                site.stock.open(facility, item.sku, "N", site.switches.opening_of_new_items)
    results = [result for result, _ in judged]
    answer = f"{name.removesuffix('.csv')}.result.csv"
    site.post.send_file(facility, answer, items.write_results(results), name)
    return f"{sum(one.accepted for one in results)} of {len(results)} items accepted"


def _take_interchange(site: Site, facility: str, digest: str, got: Interchange) -> tuple[str, str]:
    whole = got.fault
    if (got.sender, got.receiver) != (site.client, PARTNER):
        whole = f"ISA06 and ISA08 are {got.sender} and {got.receiver}, not {site.client} and {PARTNER}"
    if not whole and site.seen[facility].setdefault(f"ISA {got.number}", digest) != digest:
        whole = f"ISA13 {got.number} came before, in a file with other bytes"
    accepted = sum(_take_group(site, facility, group, BAD_CONTROL_NUMBER if whole else "") for group in got.groups)
    sets = sum(len(group.sets) for group in got.groups)
    return (ARCHIVE if accepted else ERROR), whole or f"{accepted} of {sets} sets accepted"


def _take_group(site: Site, facility: str, group: Group, whole: str) -> int:
    """Answers with one 997 first, and then acts on the sets that it accepted. How many those are."""
    fault = whole or group.fault or ("" if group.id in GROUPS else UNSUPPORTED_GROUP)
    verdicts, good = [], []
    for one in group.sets:
        code, complaints = check(one)
        code = code or ("" if fault or GROUPS[group.id] == one.id else "1")
        verdicts.append(Verdict(one.id, one.number, code, tuple(complaints)))
        if not code and not fault:
            good.append(one)
    site.post.send(facility, "997", acknowledge(group, verdicts, fault), group.number)
    for one in good:
        if one.id == "940":
            take_order(site, facility, group, one)
        else:
            take_advice(site, facility, one)
    return len(good)
