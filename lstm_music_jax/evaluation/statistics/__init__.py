"""Statistics: intervals and p-values for measures of pieces and of sets.

The unit of analysis is a piece. Start with `pieces.py`, the paired bootstrap over
pieces. `runs.py` compares two strategies over several trained models. `sets.py` serves
measures that are only defined for a set of pieces. `ratios.py` estimates means over the
symbols of pieces. `improvement.py` estimates the probability that a piece of one
strategy is better than a piece of another strategy. `shares.py` and `agreement.py`
analyse the votes of listeners. `power.py` gives the smallest difference that the data
could have shown. `holm.py` corrects for several comparisons. All bootstraps share
the interval and the p-value of `resampling.py`.

These modules import only each other and `types`.
"""
