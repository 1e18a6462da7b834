"""How to reach ACS: orders over HTTP, signed events that come in, files over SFTP. No business meaning."""
