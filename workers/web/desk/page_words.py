"""Says in words of the pages what texts of the fleet say by a command: nobody at the desk is sent to a terminal.

Texts that both read (next steps, worklists, why something cannot be done) name a command between backticks. Where a
page shows one, the page's own word for it stands instead. What only a terminal on the server can do stays a command.
"""

from __future__ import annotations

import re

COMMAND = re.compile(r"`fleet ([^`]+)`")
# The beginning of a command, and the button or the place of the desk that does or shows the same.
WORDS = {
    "accounts add": "“Make an account” on the page Access",
    "accounts disable": "“Shut it” on the page Access",
    "accounts enable": "“Open it again” on the page Access",
    "accounts list": "the page Access",
    "accounts reset": "“Reset it” on the page Access",
    "audit-trail": "the page Record",
    "exceptions approve": "the exception's page",
    "exceptions dismiss": "“Dismiss”",
    "exceptions edit": "“Edit and send”",
    "exceptions groups": "the page Exceptions",
    "exceptions list": "the page Exceptions",
    "exceptions proposals": "the exception's page",
    "exceptions retries": "the group's page",
    "exceptions retry": "“Retry”",
    "exceptions show": "“What was said, read and would be sent”",
    "files": "the page Files",
    "garments accept-file": "“Take it for whole” on the page Garments",
    "garments adopt": "“They are ours” on the page Garments",
    "garments charged": "“Dealt with” in its row",
    "garments files": "the page Garments",
    "garments give-up": "“It will not be found” on the garment's page",
    "garments settle": "“Say what it is” on the garment's page",
    "garments show": "the field at the top",
    "garments write-off": "“Write it off” on the page Garments",
    "garments write-offs": "the page Garments",
    "journal list": "the page Journal",
    "journal loaded": "“It was loaded” on the page Journal",
    "journal map": "“Give it its reason” on the entry's page",
    "open": "“Open” or “Resume” on the page Flows",
    "order": "the order's page",
    "pause": "“Pause it” on the page Flows",
    "received book": "“Booked” on the worklist of received goods",
    "received list": "the worklist of received goods",
    "replay": "“Read it again” on the page Files",
    "returns advise": "“Announce returns” on the page Returns",
    "returns credited": "“It is credited by this note” on the return's page",
    "returns grade": "“Grade it” on the return's page",
    "returns list": "the page Returns",
    "returns offer": "“Have Khaos Control credit it” on the return's page",
    "returns refunded": "“The customer has the money” on the return's page",
    "returns released": "“The goods left Khaos Control's quarantine” on the return's page",
    "returns stop": "“Never credit it” on the return's page",
    "sessions": "the page Access",
    "status": "the page Flows",
    "stock": "the SKU's page",
    "stock-differences adopt": "“Adopt” on the page Stock",
    "stock-differences list": "the page Stock",
    "stock-differences recount": "“Count it again” on the page Stock",
    "tables": "the page Tables",
    "tokens": "the page Access",
    "valuation assets": "“Load values of garments” on the page Journal",
    "valuation load": "“Load values” on the page Journal",
    "worklist": "its worklist",
}


def page_words(text: str) -> str:
    """The text with the page's words for each command that has some; other commands stay as they are."""
    return COMMAND.sub(lambda found: words_for(found[1]) or found[0], text)


def words_for(command: str) -> str:
    """The page's words for a command (without ``fleet``), by its longest beginning that has some; '' for none."""
    words = command.split()
    return next((WORDS[at] for n in range(len(words), 0, -1) if (at := " ".join(words[:n])) in WORDS), "")
