"""How to reach the systems. No field has a meaning here: that is what ``mappings`` knows."""
