"""What work on a request goes through, uses up and costs."""
