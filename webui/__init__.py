"""What agents see: the review queue, a ticket, search and the models, in server-rendered pages."""
