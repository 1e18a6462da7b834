"""The queue ``stock-in``: what a warehouse holds, as figures that are current, into Khaos Control."""
