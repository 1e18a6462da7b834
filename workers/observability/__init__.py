"""Logs, alerts and Flower's events, and what may stand in them."""
