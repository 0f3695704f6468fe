from typing import NamedTuple

import jax.numpy as jnp

from lstm_music_jax.fields import Integer, Number, integer, number, size
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.types import Array, Int, Scalar

_NO_SYMBOL = -1
# All symbols are equally likely long before; and -inf divided by inf would be NaN.
_HOTTEST = 1e30


class LoopBreakerState(NamedTuple):
    """The last w symbols, the newest first; a run for each period; the heat.

    `runs[q - 1]` is how many symbols in a row, up to the last, equal the one q before.
    """

    symbols: Int[Array, "w"]
    runs: Int[Array, "w"]
    heat: Scalar


class LoopBreaker(Strategy):
    """Raises the temperature, note by note, while the last symbols are a loop.

    They are a loop if the music ends in `repeats` equal stretches of q symbols in a
    row, for some q of 1 to n. The logits are divided by a heat. In a loop the heat is
    multiplied by `factor` with every note, beginning with `factor` itself. Out of
    loops it is 1.

    `DRY` breaks loops as well. This strategy needs no memory longer than n symbols and
    changes nothing until there is a loop. It always gets out of a loop, because the
    heat grows until all possible symbols are equally likely.

    Args:
        n: the longest period, 1 or more symbols; fixes a shape.
        repeats: 2 or more times.
        factor: 1 or more; 1 does nothing.

    State: `LoopBreakerState`.
    """

    n: int = size(at_least=1)
    repeats: Integer = integer(at_least=2)
    factor: Number = number(at_least=1, default=1.1)

    def init(self, vocab_size):
        return LoopBreakerState(
            jnp.full(self.n, _NO_SYMBOL, jnp.int32),
            jnp.zeros(self.n, jnp.int32),
            jnp.float32(1),
        )

    def apply(self, logits, state, key):
        periods = jnp.arange(1, self.n + 1, dtype=jnp.int32)
        looping = jnp.any(state.runs >= periods * (self.repeats - 1))
        hotter = jnp.minimum(state.heat * self.factor, _HOTTEST)
        heat = jnp.where(looping, hotter, jnp.ones_like(hotter))
        return logits / heat, state._replace(heat=heat)

    def observe(self, token, state):
        return LoopBreakerState(
            jnp.concatenate([token.astype(jnp.int32)[None], state.symbols[:-1]]),
            jnp.where(state.symbols == token, state.runs + 1, 0),
            state.heat,
        )
