"""Files over SFTP: dropped whole or not at all, taken, archived, never deleted unread. One attempt each."""

from adapters.sftp.account import Account, checked_host_key, checked_private_key
from adapters.sftp.files import Dropped, Entry, Sftp

__all__ = ["Account", "Dropped", "Entry", "Sftp", "checked_host_key", "checked_private_key"]
