"""People of the demo, each in a thread of its own."""
