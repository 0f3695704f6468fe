"""Every strategy beside its reference, with hyperparameters drawn for both."""
