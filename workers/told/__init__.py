"""What warehouses tell that cannot be asked: files taken, opened into documents, and each document read once."""
