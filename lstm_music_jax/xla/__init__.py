"""Numerical functions that exist only because XLA compiles them to fast programs.

`products.py` multiplies matrices. `ordering.py` finds maxima, sorts, and finds the
largest entries whose weights sum to a given value. `bits.py` makes cheap random
bits. `rows.py` computes the gradient of reading rows of a table. `batching.py` maps a
function over streams in parts. `barriers.py` keeps XLA from fusing operations that run
faster apart.

Start with `products.py`. This package may import only `types`. Docstrings and comments
state the measurements that justify these functions.
"""
