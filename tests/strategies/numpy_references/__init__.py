"""Independent references: every strategy in NumPy, float64, from its formula.

`logits` is float64 `[v]`; -inf forbids. The code is written to be read, so it uses
sorts, loops and v x v tables. A strategy with a state is a class with `apply` and
`observe`.

`slack` finds the decisions that rounding in float32 may change. It moves the threshold
of every comparison: by a relative amount for probabilities, and by an absolute amount
for logits, which has the same effect. A positive slack keeps more symbols, a negative
one fewer, and 0 gives the rule itself.
"""
