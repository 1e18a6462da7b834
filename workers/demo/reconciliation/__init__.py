"""The books of both sides and the ledger, compared."""
