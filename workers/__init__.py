"""What happens between Khaos Control and the warehouses, and when."""
