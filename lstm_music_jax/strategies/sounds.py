"""What symbols sound, for the strategies that know music."""

from typing import ClassVar

import jax.numpy as jnp

from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.pytrees import pytree
from lstm_music_jax.strategies.base import Hyperparameter, Strategy
from lstm_music_jax.strategies.truncation import forbid_unless


@pytree
class AllowedSymbols(Strategy):
    """Forbids, at every note, the symbols that are not `allowed`, bool `[v]`."""

    permutation_equivariant: ClassVar[bool] = False
    allowed: Hyperparameter

    def apply(self, logits, state, key):
        """Set the others to -inf."""
        return forbid_unless(jnp.asarray(self.allowed), logits), state


def struck_pitches(
    vocabulary: Vocabulary, encoding: Encoding
) -> tuple[tuple[int, ...], ...]:
    """Return the MIDI pitches of each symbol, id by id; () where it strikes none.

    Raises:
        ValueError: no symbol strikes anything.
    """
    pitches = tuple(encoding.pitches(symbol) for symbol in vocabulary.symbols)
    if not any(pitches):
        raise ValueError(
            f"encoding is {encoding}; no symbol of the vocabulary sounds in it"
        )
    return pitches
