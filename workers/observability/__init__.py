"""What is told outside: logs, alerts, Flower; and what may be in it."""
