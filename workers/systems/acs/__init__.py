"""ACS joined to the ports: orders by call, events signed, garments by file."""
