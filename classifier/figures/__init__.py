"""The numbers of a report on a model: how right it is, how well it knows that, what its mistakes cost, and where."""
