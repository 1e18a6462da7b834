"""The broker: names of the queues, and guards around kombu and Celery's beat."""
