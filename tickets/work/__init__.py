"""What a ticket uses up, is worked on by, and costs."""
