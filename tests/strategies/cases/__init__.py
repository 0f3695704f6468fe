"""Every strategy with its reference, and how to draw hyperparameters for both."""
