"""Strategies that ask for or against given symbols, or follow another model."""
