"""Statistics: intervals and p-values for measures of pieces and of sets.

The unit of analysis is a piece. Start with `estimate.py`, which estimates a number from
its values in all resamples, for one trained model or over several. `resampling.py`
holds the parts of the bootstrap: resamples, an interval and a p-value. `spread.py`
holds the variance of a mean over several models. `ratios.py` estimates means over the
symbols of pieces. `improvement.py` defines the probability that a piece of one strategy
is better than the piece of another strategy. `shares.py` and `agreement.py` analyse the
votes of listeners. `power.py` gives the smallest difference that the data could have
shown. `holm.py` corrects for several comparisons.

Of this project, these modules import only each other.
"""
