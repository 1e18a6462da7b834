"""The queue ``returns-in``: what came in at a warehouse; returns announced, received, offered, credited."""
