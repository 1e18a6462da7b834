"""What the flows ask of a system, in the trade's words; no system is named here."""
