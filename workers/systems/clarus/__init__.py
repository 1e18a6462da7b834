"""Clarus WMS, joined to the ports of a warehouse read by call."""
