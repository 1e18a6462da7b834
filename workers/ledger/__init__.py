"""The ledger: what was said, what is to be done, what came of it. It is the truth; the broker is the bell."""
