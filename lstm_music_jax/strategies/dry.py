"""DRY (don't repeat yourself): the longer a repetition, the less likely it goes on."""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np

from lstm_music_jax.pytrees import pytree, static
from lstm_music_jax.strategies.base import (
    Hyperparameter,
    Setting,
    Strategy,
    hyperparameter,
)
from lstm_music_jax.strategies.history import empty_history, extended
from lstm_music_jax.strategies.sizes import whole_number

_LONGEST_FOR_THE_POWER = 50


@pytree
class Dry(Strategy):
    """See `dry`. Its state: the `History` of the last `memory` symbols."""

    multiplier: Hyperparameter
    base: Hyperparameter
    allowed_length: Hyperparameter
    breakers: Hyperparameter
    memory: int = static()

    @property
    def permutation_equivariant(self) -> bool:
        """Breakers are named by their ids."""
        return self.breakers.shape[-1] == 0

    def init(self, vocab_size):
        """Nothing has been seen."""
        return empty_history(self.memory, vocab_size)

    def apply(self, logits, state, key):
        """Subtract each symbol's penalty."""
        longest = jnp.zeros(logits.shape, jnp.int32)
        longest = longest.at[state.symbols].max(state.matches, mode="drop")
        longest = longest.at[self.breakers].set(0, mode="drop")
        excess = jnp.minimum(longest, _LONGEST_FOR_THE_POWER) - self.allowed_length
        power = jnp.asarray(self.base) ** excess.astype(jnp.float32)
        # Finite, so that a multiplier of 0 leaves the logits as they are.
        power = jnp.minimum(power, jnp.finfo(jnp.float32).max)
        penalised = logits - self.multiplier * power
        return jnp.where(longest >= self.allowed_length, penalised, logits), state

    def observe(self, token, state):
        """Remember the symbol; no match extends over a breaker."""
        return extended(state, token, ~jnp.any(self.breakers == token))


def dry(
    multiplier: Setting,
    base: Setting = 1.75,
    allowed_length: Setting = 2,
    breakers: Sequence[int] = (),
    memory: int = 512,
) -> Dry:
    """Penalise a symbol that goes on with a repetition, exponentially in its length.

        l_x - multiplier base^(m_x - allowed_length)    where m_x >= allowed_length

    m_x is the length of the longest run of symbols that the music now ends in and
    that was, within the last `memory` symbols, followed by x before. In the power
    it counts as 50 at most.

    Args:
        multiplier: 0 or more; 0 does nothing, 0.8 is usual.
        base: 1 or more.
        allowed_length: 1 or more symbols; shorter repetitions are free.
        breakers: ids over which no repetition extends, and which are not penalised.
        memory: 1 or more symbols; fixes a shape, so changing it recompiles.

    Reference: https://github.com/oobabooga/text-generation-webui/pull/5677
    """
    no_breakers = np.zeros(0, np.int32)
    return Dry(
        hyperparameter("multiplier", multiplier, lambda m: m >= 0, "0 or more"),
        hyperparameter("base", base, lambda b: b >= 1, "1 or more"),
        hyperparameter(
            "allowed_length", allowed_length, lambda a: a >= 1, "1 or more", np.int32
        ),
        hyperparameter(
            "breakers",
            list(breakers) if len(breakers) else no_breakers,
            lambda i: i >= 0,
            "ids, 0 or more each",
            np.int32,
        ),
        whole_number("memory", memory, 1),
    )
