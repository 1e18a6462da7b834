"""The demonstration: an orders file run between two sandboxes, and the comparison of their books."""
