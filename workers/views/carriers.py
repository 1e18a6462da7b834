"""Where a parcel can be followed: the carriers' public tracking pages."""

from __future__ import annotations

from urllib.parse import quote

# Part of a carrier's code, in small letters and without spaces -> its tracking page. The first that fits counts.
PAGES = {
    "royalmail": "https://www.royalmail.com/track-your-item#/tracking-results/{}",
    "parcelforce": "https://www.parcelforce.com/track-trace?trackNumber={}",
    "dpd": "https://www.dpd.co.uk/apps/tracking/?reference={}",
    "dhl": "https://www.dhl.com/gb-en/home/tracking.html?tracking-id={}",
    "evri": "https://www.evri.com/track/parcel/{}",
    "hermes": "https://www.evri.com/track/parcel/{}",
    "yodel": "https://www.yodel.co.uk/tracking/{}",
    "fedex": "https://www.fedex.com/fedextrack/?trknbr={}",
    "ups": "https://www.ups.com/track?tracknum={}",
}


def tracking_page(carrier: str, tracking: str) -> str:
    """The page on which a carrier shows a parcel; empty for a carrier that is not known, or without a number."""
    code = "".join(letter for letter in carrier.lower() if letter.isalnum())
    page = next((page for part, page in PAGES.items() if code.startswith(part) or part in code), "")
    return page.format(quote(tracking, safe="")) if page and tracking else ""
