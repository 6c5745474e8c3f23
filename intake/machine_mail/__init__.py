"""Mail that a machine sent: how each kind is told."""
