"""Numerical primitives that exist only to make XLA fast, named by what they compute.

`products.py`: matrix products. `ordering.py`: maxima, sorts and prefixes of sorted
values, without a slow sort. `bits.py`: cheap random bits.

May import `types` alone. Each docstring states the measurement that justifies it.
"""
