"""Evaluation: how good generated music is, and how sure one can be of it.

`measures/` holds what is measured, one file each; start with `measures/base.py`, the
contract. `statistics/` holds what is concluded: intervals, p-values, corrections; start
with `statistics/pieces.py`, the paired comparison over pieces.

May import `types` and `music`. Everything here runs on the host with NumPy and SciPy.

Axes, beside those of `types.py`:

    b  pieces of a set
    k  runs, the trained models of several seeds
    r  resamples of a bootstrap
    m  measures, when several are treated at once
"""
