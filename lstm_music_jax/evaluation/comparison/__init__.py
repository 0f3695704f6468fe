"""Comparison: which of several strategies is better, and how certain the answer is.

Start with `analysis.py`, which turns the pieces of all strategies into estimates. The
modules before it: `arms.py` says what is compared, `drawing.py` draws it, `matching.py`
tunes it to equal entropy, and `samples.py` makes pieces of it. `standard.py` lists the
measures. `curves.py` moves the number of each strategy over its whole range.

These modules may import what `evaluation` may import.
"""
