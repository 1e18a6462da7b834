"""The sandbox's own doors under ``/_sandbox``, one room for each kind of thing."""
