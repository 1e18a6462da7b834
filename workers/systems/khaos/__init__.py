"""Khaos Control, joined to the port of the ERP."""
