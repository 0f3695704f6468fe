"""Strategies that forbid symbols, depending only on the symbol's distribution."""
