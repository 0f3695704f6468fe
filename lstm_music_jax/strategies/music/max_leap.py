import jax.numpy as jnp
import numpy as np
from jaxtyping import UInt8

from lstm_music_jax.fields import Integer, derived, integer
from lstm_music_jax.music.score import HIGHEST_PITCH
from lstm_music_jax.strategies.base import forbid_unless
from lstm_music_jax.strategies.music.sounds import MusicStrategy
from lstm_music_jax.types import Array, Bool


def _leaps(strategy):
    """Return a table of the leaps between all symbols, uint8 `[v+1 v]`.

    Entry [x, y] is the leap from symbol x to symbol y: the semitones between their two
    nearest pitches; 0 if x or y has no pitch. Row v holds zeros. It is used while no
    symbol has sounded.
    """
    pitches = [np.flatnonzero(row) for row in strategy.struck()]
    leaps = np.zeros((len(pitches) + 1, len(pitches)), np.uint8)
    every_pitch = np.arange(HIGHEST_PITCH + 1)
    for x, from_pitches in enumerate(pitches):
        if from_pitches.size:
            nearest = np.abs(every_pitch[:, None] - from_pitches).min(axis=1)
            leaps[x] = [min(nearest[to], default=0) for to in pitches]
    return leaps


class MaxLeap(MusicStrategy):
    """Forbids symbols more than `semitones` away from the last symbol that sounded.

    A symbol sounds if it strikes a pitch. The leap between two chords is that between
    their two nearest pitches. Silent symbols are always allowed. Before the first
    sound, all symbols are allowed.

    Args:
        vocabulary: the vocabulary of the model.
        encoding: the encoding of the symbols.
        semitones: 0 or more; 12 is an octave.

    State: the id of the last symbol that sounded, int32; v until one has sounded.

    Raises:
        ValueError: a field is invalid, or no symbol sounds.
    """

    semitones: Integer = integer(at_least=0)
    leaps: UInt8[Array, "v_plus_1 v"] = derived(_leaps)
    sounds: Bool[Array, "v"] = derived(lambda strategy: strategy.struck().any(1))

    def init(self, vocab_size):
        return jnp.int32(vocab_size)

    def apply(self, logits, state, key):
        leaps = jnp.asarray(self.leaps)[state].astype(jnp.int32)
        return forbid_unless(leaps <= self.semitones, logits), state

    def observe(self, token, state):
        return jnp.where(jnp.asarray(self.sounds)[token], token, state)
