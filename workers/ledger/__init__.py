"""The ledger: records, messages, outcomes. It is the truth; the broker only wakes workers."""
