import jax.numpy as jnp
import numpy as np

from lstm_music_jax.fields import (
    Integer,
    Integers,
    Number,
    ids,
    integer,
    number,
    size,
)
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.strategies.penalties.history import empty_history, extended

_LONGEST_FOR_THE_POWER = 50


class DRY(Strategy):
    """Penalises a symbol that would continue a repetition, more for longer ones.

        l_x - multiplier base^(m_x - allowed_length)    where m_x >= allowed_length

    DRY stands for "don't repeat yourself". The formula is the new logit of symbol x,
    and l_x the old one. m_x is the length of the longest passage at the end of the
    stream that also occurred earlier in the stream and was then followed by x. Only the
    last `memory` symbols count. The exponent takes m_x as at most 50.

    Args:
        multiplier: 0 or more; 0 does nothing, 0.8 is usual.
        base: 1 or more.
        allowed_length: 1 or more symbols; shorter repetitions are not penalised.
        breakers: ids of symbols that no repetition may contain, and that are never
            penalised.
        memory: number of symbols to remember, 1 or more; changing it recompiles.

    State: the `History` of the last `memory` symbols.

    Reference: Philipp Emanuel Weidmann 2024,
    https://github.com/oobabooga/text-generation-webui/pull/5677
    """

    multiplier: Number = number(at_least=0)
    base: Number = number(at_least=1, default=1.75)
    allowed_length: Integer = integer(at_least=1, default=2)
    breakers: Integers = ids(fewest=0, default=())
    memory: int = size(at_least=1, default=512)

    @property
    def permutation_equivariant(self) -> bool:  # type: ignore[override]
        """True without breakers; False with breakers, because they are given by id."""
        return np.shape(self.breakers)[-1] == 0

    def init(self, vocab_size):
        return empty_history(self.memory, vocab_size)

    def apply(self, logits, state, key):
        longest = jnp.zeros(logits.shape, jnp.int32)
        longest = longest.at[state.symbols].max(state.matches, mode="drop")
        longest = longest.at[self.breakers].set(0, mode="drop")
        excess = jnp.minimum(longest, _LONGEST_FOR_THE_POWER) - self.allowed_length
        power = jnp.asarray(self.base) ** excess.astype(jnp.float32)
        # The power is kept finite, so that a multiplier of 0 does not change the
        # logits.
        power = jnp.minimum(power, jnp.finfo(jnp.float32).max)
        penalised = logits - self.multiplier * power
        return jnp.where(longest >= self.allowed_length, penalised, logits), state

    def observe(self, token, state):
        return extended(state, token, ~jnp.any(self.breakers == token))
