"""Promises: strategies that forbid every symbol that would break a rule of the piece.

Start with `copy_limit.py`. Put a promise before strategies that truncate. A stage of a
chain that would forbid all symbols is passed over, so a later stage can never undo a
promise. These modules may import the same packages as `strategies`, but no strategies
of other folders.
"""
