"""Stage numbers of a Khaos invoice (reference 2.3): the one place where they are named."""

from __future__ import annotations

CANCELLED_STAGE, ISSUE_STAGE = 1, 16  # Khaos's stage numbers (reference 2.3): from 16 on the goods have left
ISSUED_STAGE = 70  # issued: its stock has fallen
