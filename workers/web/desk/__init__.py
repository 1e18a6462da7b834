"""The desk: pages that people read. It only shows."""
