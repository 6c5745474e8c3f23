"""What a policy cannot mean, found from its conditions alone."""
