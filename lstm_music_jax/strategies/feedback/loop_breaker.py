from typing import NamedTuple

import jax.numpy as jnp

from lstm_music_jax.fields import Integer, Number, integer, number, size
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.types import Array, Int, Scalar

_NO_SYMBOL = -1
# The largest heat, at which all symbols are equally likely. It is finite, because -inf
# divided by inf would be NaN.
_HOTTEST = 1e30


class LoopBreakerState(NamedTuple):
    """The last symbols of a sequence, its repetitions, and the temperature.

    Attributes:
        symbols: ids of the last w symbols, the newest first; -1 where there are fewer.
        runs: for each period q from 1 on, in entry q - 1: how many of the last symbols
            in a row are each equal to the symbol q positions earlier.
        heat: the temperature by which the logits are divided.
    """

    symbols: Int[Array, "w"]
    runs: Int[Array, "w"]
    heat: Scalar


class LoopBreaker(Strategy):
    """Raises the temperature, symbol by symbol, while the music is in a loop.

    The music is in a loop if it ends in `repeats` equal passages of q symbols, for some
    q from 1 to n. The logits are divided by a temperature, the heat. Outside loops, the
    heat is 1. Each symbol that is drawn in a loop, including the first one, multiplies
    the heat by `factor`.

    `DRY` breaks loops as well. `LoopBreaker` remembers only n symbols, and changes
    nothing until there is a loop. With a factor above 1 it ends every loop in which
    another symbol is possible, because the heat grows until all possible symbols are
    equally likely.

    Args:
        n: the longest period, 1 or more symbols; changing it recompiles.
        repeats: number of equal passages that make a loop, 2 or more.
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
