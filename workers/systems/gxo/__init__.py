"""GXO, joined to the port of a warehouse that speaks by files."""
