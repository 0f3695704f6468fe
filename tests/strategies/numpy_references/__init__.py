"""Independent references: every strategy in NumPy, float64, from its formula.

`logits` is float64 `[v]`, -inf forbids. Written to be read: sorts, loops and v x v
tables are welcome. What has a state is a class with `apply` and `observe`.

`slack` tells what float32 can decide from what it cannot. It moves every comparison
of a rule by a relative amount (of a logit by an absolute one, which is the same):
up keeps more symbols, down keeps fewer. 0 is the rule itself.
"""
