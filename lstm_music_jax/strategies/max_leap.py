"""Largest leap: the next pitch is never far from the last."""

from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.score import HIGHEST_PITCH
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.pytrees import pytree
from lstm_music_jax.strategies.base import (
    Hyperparameter,
    Setting,
    Strategy,
    hyperparameter,
)
from lstm_music_jax.strategies.sounds import struck_pitches
from lstm_music_jax.strategies.truncation import forbid_unless


@pytree
class MaxLeap(Strategy):
    """See `max_leap`. Its state: the last symbol that sounded; v before the first.

    `leaps[x, y]` are the semitones from x to y, uint8 `[v+1 v]`; 0 where y does not
    sound, and from x = v.
    """

    permutation_equivariant: ClassVar[bool] = False
    semitones: Hyperparameter
    leaps: Hyperparameter
    sounds: Hyperparameter

    def init(self, vocab_size):
        """Nothing has sounded."""
        return jnp.int32(vocab_size)

    def apply(self, logits, state, key):
        """Forbid what is too far from the last symbol that sounded."""
        leaps = jnp.asarray(self.leaps)[state].astype(jnp.int32)
        return forbid_unless(leaps <= self.semitones, logits), state

    def observe(self, token, state):
        """Keep the symbol if it sounds."""
        return jnp.where(jnp.asarray(self.sounds)[token], token, state)


def max_leap(vocabulary: Vocabulary, encoding: Encoding, semitones: Setting) -> MaxLeap:
    """Forbid symbols further than some semitones from the last one that sounded.

    Between chords it is their two nearest pitches that count. Symbols that do not
    sound are free, and before the first that does everything is.

    Args:
        vocabulary: whose ids the model draws.
        encoding: in which its symbols sound.
        semitones: 0 or more; 12 is an octave.

    Raises:
        ValueError: also where no symbol sounds.
    """
    pitches = struck_pitches(vocabulary, encoding)
    leaps = np.zeros((len(pitches) + 1, len(pitches)), np.uint8)
    every_pitch = np.arange(HIGHEST_PITCH + 1)
    for x, from_pitches in enumerate(pitches):
        if not from_pitches:
            continue
        nearest = np.abs(every_pitch[:, None] - [from_pitches]).min(axis=1)
        leaps[x] = [min(nearest[[*to]], default=0) for to in pitches]
    return MaxLeap(
        hyperparameter("semitones", semitones, lambda s: s >= 0, "0 or more", np.int32),
        leaps,
        np.array([bool(struck) for struck in pitches]),
    )
