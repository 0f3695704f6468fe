"""Comparison: which of several strategies is better, and how certain the answer is.

`arms.py` says what is compared, `drawing.py` draws it, `matching.py` tunes it to equal
entropy, and `samples.py` makes pieces of it. `standard.py` lists the measures. Then
`analysis.py` turns the pieces of all strategies into estimates. `curves.py` moves the
number of each strategy over its whole range.
"""
