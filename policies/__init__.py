"""What was promised: labels, topics, clauses, entitlements, support hours, response targets and charges."""
