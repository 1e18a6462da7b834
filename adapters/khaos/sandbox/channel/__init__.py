"""The web-services channel as Khaos drives it: a client that reads our configuration, pulls from us and posts to us.

Source: the vendor's repository kcc-web-services; retry cadence and what is lost when are our assumptions.
"""
