"""Every strategy with its reference, and random hyperparameters for both."""
