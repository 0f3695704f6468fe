"""Strategies that forbid symbols, judging only by the note's distribution."""
