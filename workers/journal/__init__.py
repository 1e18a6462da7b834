"""What finance books of a warehouse's movements: one entry each, its cost, its account, and how it gets there."""
