"""What is held, what is promised, and what Khaos should show of it: the rooms behind the queue ``stock-in``."""
