"""A stand-in for one ACS account: order API, signed events, SFTP folders, and behind them garments with their lives.

Written from the wire profile only, and ignorant of the client that it faces. ``python -m adapters.acs.sandbox --port N
--sftp-port M --key KEY`` serves it; ``/_sandbox/…`` steers and shows it.
"""
