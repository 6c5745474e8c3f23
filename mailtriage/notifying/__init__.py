"""What is told of events, by mail and by webhook: the outbox delivered."""
