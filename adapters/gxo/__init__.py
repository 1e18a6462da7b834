"""How to reach GXO: files over SFTP, folder by folder, facility by facility. No business meaning."""
