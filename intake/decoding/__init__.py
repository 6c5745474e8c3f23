"""Bytes to header fields, parts and text."""
