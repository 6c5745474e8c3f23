"""What the parts of a mail hold: its text, its HTML, what is attached."""
