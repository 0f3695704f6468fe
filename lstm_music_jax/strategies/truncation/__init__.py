"""Strategies that forbid symbols, depending only on the next symbol's distribution."""
