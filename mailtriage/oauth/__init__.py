"""Access tokens for mailboxes that take no password (RFC 6749): asked for, renewed ahead of time, kept and watched."""
