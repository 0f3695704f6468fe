"""Independent references: every strategy in NumPy, float64, from its formula.

`logits` is float64 `[v]`; -inf forbids. The code is written to be read, so it uses
sorts, loops and v x v tables. A strategy with a state is a class with `apply` and
`observe`.

`slack` finds the decisions that float32 rounding may change. It moves every comparison
of a rule by a relative amount, or a comparison of logits by an absolute amount, which
is the same. A positive slack keeps more symbols, a negative one fewer. 0 is the rule
itself.
"""
