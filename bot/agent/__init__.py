"""The server's side: read-only, it looks who holds a file and tells the bot."""
