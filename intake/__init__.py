"""Mail in: a mailbox session, bytes to a message, its new text, screening, and the conversation it belongs to."""
