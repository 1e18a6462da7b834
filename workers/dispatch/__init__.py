"""What becomes of goods that left a warehouse: a shipment in the ledger, and one of three roads into Khaos Control."""
