"""A Khaos Control to practise on: the SOAP service with books of its own, and switches for bad days.

Shares no code with the client that talks to it. Run ``python -m adapters.khaos.sandbox --port N``.
"""
