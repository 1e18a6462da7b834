"""What people and their tools read from the ledger. Nothing here writes."""
