"""Files over SFTP: dropped whole or not at all, taken, archived, never deleted unread. One attempt each.

``account`` names a server and is read with the configuration; only ``files`` loads paramiko.
"""
