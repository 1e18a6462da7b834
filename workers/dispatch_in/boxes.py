"""Which of a warehouse's parcels stands for each of Khaos's boxes: by content where that is known, else in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

Units = Mapping[str, int]


def match(boxes: Sequence[Units], parcels: Sequence[Units | None]) -> list[int]:
    """For each box the place of its parcel; ``parcels`` says what each holds, None where nobody knows.

    A parcel with exactly the box's content first, then one that still has room for it (Khaos's boxes may be
    smaller than the warehouse's parcels), then the parcels that are left in their order.

    Boxes beyond that get the first parcel. The goods of the invoice have left, all of them, and the first parcel's
    number is what Khaos shows for the whole invoice, so it is never a stranger's; refusing instead would leave an
    invoice unissued whose goods are gone, and nobody in Khaos can say better which parcel a box went in.
    """
    chosen: list[int | None] = [None] * len(boxes)
    left = [Counter(held) if held is not None else None for held in parcels]
    used: set[int] = set()
    for exactly in (True, False):
        for place, box in enumerate(boxes):
            if chosen[place] is not None or not box:
                continue
            for number, held in enumerate(left):
                if held and (held == Counter(box) if exactly else held >= Counter(box)):
                    chosen[place] = number
                    left[number] = held - Counter(box)
                    used.add(number)
                    break
    # a parcel whose content is not known may hold anything; one that is known and did not fit is the last resort
    spare = [n for n in range(len(parcels)) if n not in used]
    spare.sort(key=lambda n: left[n] is not None)
    return [number if number is not None else (spare.pop(0) if spare else 0) for number in chosen]
