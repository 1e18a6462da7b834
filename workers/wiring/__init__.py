"""The only place that names concrete systems and every queue: which system, handler, reader and schedule there is."""
