"""The words behind each label of one mail: weights that add up, neighbours, and what would tip a decision."""
