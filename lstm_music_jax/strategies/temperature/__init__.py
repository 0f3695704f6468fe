"""Strategies that reshape the whole distribution and forbid nothing."""
