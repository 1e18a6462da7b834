"""Day one of a warehouse: what another integration has sent it is adopted, what is doubtful is held."""
