"""Customers and their contacts: found, kept, brought in and out, and given to tickets."""
