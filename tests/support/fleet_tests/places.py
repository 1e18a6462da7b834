"""Where the project, its samples and the partners' own papers lie."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "tests" / "samples"
SHARED = ROOT.parent / "shared"  # beside the project, where it is there; tests that need it are skipped elsewhere
REFERENCE = SHARED / "reference"
