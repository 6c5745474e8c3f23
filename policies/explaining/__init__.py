"""Policies and decisions told in words."""
