"""Rules of the trade that more than one queue needs."""
