"""The names of array axes, and the array types that signatures use.

Each of these axes has the same letter in all modules:

    b  streams (the sequences of a batch, or those that are generated together)
    t  time, in symbols
    v  vocabulary
    h  hidden units of a layer; four_h: 4 h, the three gates and the candidate of an
       LSTM side by side
    i  inputs of a layer
    w  window: how many of the last states, symbols or distributions are kept
    m  members of a population: streams that compete
    n  generated symbols
    p  prompt symbols
    s  settings of a sweep

Symbol ids are int32 on the device. Logits and probabilities are float32.
Log-probabilities and entropies are in nats. Random keys are typed (`jax.random.key`).
"""

from jaxtyping import Array, Bool, Float, Int, Integer, Key, PyTree, UInt32

Tokens = Int[Array, "b t"]
Token = Int[Array, ""]
Logits = Float[Array, "v"]
Scalar = Float[Array, ""]
PRNGKey = Key[Array, ""]
PRNGKeys = Key[Array, "b"]

__all__ = [
    "Array",
    "Bool",
    "Float",
    "Int",
    "Integer",
    "Key",
    "Logits",
    "PRNGKey",
    "PRNGKeys",
    "PyTree",
    "Scalar",
    "Token",
    "Tokens",
    "UInt32",
]
