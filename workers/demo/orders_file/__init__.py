"""An orders file, read into products, orders and returns."""
