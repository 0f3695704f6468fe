"""Statistics: intervals and p-values for measures of pieces and of sets.

The unit of analysis is a piece. Start with `pieces.py`, the paired bootstrap over
pieces. `runs.py` compares over several trained models. `sets.py` treats measures that
are defined for a set of pieces only. `improvement.py` counts how often one strategy
wins. `power.py` gives the smallest difference that could have been seen. `holm.py`
corrects for several comparisons. All bootstraps share the interval and the p-value of
`resampling.py`.
"""
