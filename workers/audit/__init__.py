"""Both sides read and compared before anything is sent: what matches, what differs, what does not fit."""
