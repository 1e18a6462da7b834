"""Records, messages, delivery, gates, ringer: what every queue needs. Knows no queue and no system."""
