"""The simulator: a seeded walk over all that may happen, held against the partners' own books step by step."""
