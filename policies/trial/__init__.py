"""A policy's own examples, tried."""
