"""When support is open, and when something is due."""
