"""What is recorded: tickets, customers, corrections and events, in a store on SQLite or PostgreSQL."""
