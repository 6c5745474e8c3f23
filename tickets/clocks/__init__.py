"""The clocks of tickets: running, paused, answered, due."""
