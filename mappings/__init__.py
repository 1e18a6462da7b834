"""What the systems' words mean. Pure: no network, no file, no clock."""
