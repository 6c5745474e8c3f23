"""Who is told of what happened, at least once."""
