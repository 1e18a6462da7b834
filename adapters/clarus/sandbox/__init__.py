"""A stand-in for one Clarus tenant: same URLs, refusals, statuses and webhooks, with its own books.

Written from the public documentation only, and ignorant of the client that it faces.
``python -m adapters.clarus.sandbox --port N`` serves it; ``/_sandbox/…`` steers and shows it.
"""
