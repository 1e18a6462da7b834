"""The bench: how much goes through the fleet, against the strongest bare Celery, measured in one run."""
