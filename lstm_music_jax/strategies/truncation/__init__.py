"""Strategies that forbid symbols by the distribution of the note alone."""
