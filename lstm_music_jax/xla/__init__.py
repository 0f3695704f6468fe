"""Numerical primitives that exist only to make XLA fast, named by what they compute.

`products.py` multiplies matrices. `ordering.py` finds maxima, and the largest values
that together reach a mass, without a slow sort. `bits.py` makes cheap random bits.
`rows.py` is the gradient of reading rows. `batching.py` maps over streams in parts.
`barriers.py` keeps XLA from fusing operations that run faster apart.

Start with `products.py`. This package may import only `types`. A docstring states the
measurement that justifies its primitive.
"""
