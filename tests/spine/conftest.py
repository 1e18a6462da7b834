"""A ledger without a world around it, and a partner that keeps books."""

from fleet_tests.ledger_fixtures import database, ledger, partner, runtime

__all__ = ["database", "ledger", "partner", "runtime"]
