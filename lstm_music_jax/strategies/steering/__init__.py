"""Strategies that favour or forbid given symbols, or that use another model."""
