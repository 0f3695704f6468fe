"""Loop breaker: rising heat for as long as the music goes round in a loop."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from lstm_music_jax.pytrees import pytree, static
from lstm_music_jax.strategies.base import (
    Hyperparameter,
    Setting,
    Strategy,
    hyperparameter,
)
from lstm_music_jax.strategies.sizes import whole_number
from lstm_music_jax.types import Array, Int, Scalar

_NO_SYMBOL = -1
# Everything is equally likely long before; and -inf divided by inf is no number.
_HOTTEST = 1e30


class LoopBreakerState(NamedTuple):
    """The last w symbols, the newest first; a run for each period; the heat.

    `runs[q - 1]` is how many symbols in a row, up to the last, equal the one q before.
    """

    symbols: Int[Array, "w"]
    runs: Int[Array, "w"]
    heat: Scalar


@pytree
class LoopBreaker(Strategy):
    """See `loop_breaker`. Its state: `LoopBreakerState`."""

    repeats: Hyperparameter
    factor: Hyperparameter
    n: int = static()

    def init(self, vocab_size):
        """Nothing has been seen; no heat."""
        return LoopBreakerState(
            jnp.full(self.n, _NO_SYMBOL, jnp.int32),
            jnp.zeros(self.n, jnp.int32),
            jnp.float32(1),
        )

    def apply(self, logits, state, key):
        """Heat up in a loop, cool down out of it; divide by the heat."""
        periods = jnp.arange(1, self.n + 1, dtype=jnp.int32)
        looping = jnp.any(state.runs >= periods * (self.repeats - 1))
        hotter = jnp.minimum(state.heat * self.factor, _HOTTEST)
        heat = jnp.where(looping, hotter, jnp.ones_like(hotter))
        return logits / heat, state._replace(heat=heat)

    def observe(self, token, state):
        """Lengthen the runs of the periods that go on, end the others."""
        return LoopBreakerState(
            jnp.concatenate([token.astype(jnp.int32)[None], state.symbols[:-1]]),
            jnp.where(state.symbols == token, state.runs + 1, 0),
            state.heat,
        )


def loop_breaker(n: int, repeats: Setting, factor: Setting = 1.1) -> LoopBreaker:
    """Raise the temperature, note by note, while the last symbols are a loop.

    A loop is present if the music ends in `repeats` equal stretches of q symbols in
    a row, for some q of 1 to n. With every note drawn in a loop the logits are
    divided by a heat that is one `factor` higher, `factor` at first; out of loops the
    heat is 1.

    Args:
        n: the longest period, 1 or more symbols; fixes a shape.
        repeats: 2 or more times.
        factor: 1 or more; 1 does nothing.

    It does what `dry` does too, but needs no memory longer than n, changes nothing
    until there is a loop, and always gets out of one: the heat grows until all that is
    possible is equally likely.
    """
    return LoopBreaker(
        hyperparameter("repeats", repeats, lambda r: r >= 2, "2 or more", np.int32),
        hyperparameter("factor", factor, lambda f: f >= 1, "1 or more"),
        whole_number("n", n, 1),
    )
