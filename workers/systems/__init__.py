"""Each system joined to the ports: its client and its mapping. A folder for each."""
