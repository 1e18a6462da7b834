"""A stand-in for one GXO client: the SFTP server, and behind it the facilities with their people, stock and messages.

Written from the wire profile only, and ignorant of the client and of the codec that it faces.
``python -m adapters.gxo.sandbox --port N --control-port M --key KEY`` serves it; ``/_sandbox/…`` steers and shows it.
"""
