"""The session with an IMAP server."""
