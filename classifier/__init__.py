"""What the mail says: features, a calibrated head for each label, rule overrides, explanation, training, registry."""
