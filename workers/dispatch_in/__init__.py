"""The queue ``dispatch-in``: what left a warehouse, once, into Khaos Control."""
