"""A form of the desk goes through the real door: a login, a form token, and the proven name in the record."""

from __future__ import annotations

from fleet_tests.full_ledger import open_ledger
from fleet_tests.web import Web
from workers.access.roles import Role
from workers.ledger.store import Store


def test_a_note_is_taken_from_whoever_is_logged_in_and_kept_under_the_proven_login(web: Web, store: Store) -> None:
    world = open_ledger(store)
    world.post("SO1-1")
    number = world.die("refused_by_warehouse", "the postcode is not known")
    anna = web.somebody(Role.SUPPORT, name="anna")
    note = f"{web.url}/exceptions/{number}/care/note"
    fields = {"text": "asked the warehouse", "form_token": anna.form_token}
    forged = anna.request(
        "POST", note, data={**fields, "form_token": "x" * 43}, headers={"Origin": web.url}, timeout=20
    )
    assert forged.status_code == 403
    taken = anna.request("POST", note, data=fields, headers={"Origin": web.url}, timeout=20, allow_redirects=False)
    assert (taken.status_code, taken.headers["Location"]) == (303, f"/exceptions/{number}")
    assert "asked the warehouse" in anna.request("GET", f"{web.url}/exceptions/{number}", timeout=20).text
    assert store.rows("select subject, name, action from audit_entry where action = 'note'") == [
        {"subject": "local:anna", "name": "anna", "action": "note"}
    ]
    assert store.row("select who from timeline where step = 'note'") == {"who": "anna"}
