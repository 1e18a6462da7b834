"""What customers send back: announced, received, graded, offered to Khaos Control, credited."""
