"""Couriers as Khaos meets them: the hook that it posts invoices to, and the folder that it reads files from."""
