"""What of a mail's text is new, and what is quotation, forwarded mail, signature or disclaimer."""
