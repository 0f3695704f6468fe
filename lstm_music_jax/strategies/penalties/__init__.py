"""Strategies that penalise earlier symbols; `history.py` remembers the last of them."""
