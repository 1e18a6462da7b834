"""Clarus WMS, joined to the port of a warehouse that is asked."""
