"""Servers, stand-ins and settings of the demo, on loopback."""
