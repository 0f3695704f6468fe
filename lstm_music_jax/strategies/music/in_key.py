import jax.numpy as jnp
import numpy as np

from lstm_music_jax.fields import Integer, Integers, derived, integer, integers
from lstm_music_jax.strategies.base import forbid_unless
from lstm_music_jax.strategies.music.sounds import MusicStrategy
from lstm_music_jax.types import Array, Bool

MAJOR = (0, 2, 4, 5, 7, 9, 11)
MINOR = (0, 2, 3, 5, 7, 8, 10)
HARMONIC_MINOR = (0, 2, 3, 5, 7, 8, 11)
PENTATONIC = (0, 2, 4, 7, 9)


def _pitch_classes(strategy):
    """Return which pitch classes each symbol strikes, bool `[v 12]`.

    The symbols are those of the strategy's vocabulary.
    """
    struck = strategy.struck()
    return np.stack([struck[:, first::12].any(1) for first in range(12)], 1)


class InKey(MusicStrategy):
    """Forbids symbols that sound any pitch class outside a scale.

    Args:
        vocabulary: the vocabulary of the model.
        encoding: the encoding of the symbols.
        tonic: pitch class, 0 (C) to 11 (B).
        scale: one or more steps, 0 to 11 semitones above the tonic: `MAJOR`, `MINOR`
            (the natural one), `HARMONIC_MINOR`, `PENTATONIC` or any other.

    Raises:
        ValueError: a field is invalid, or every symbol that sounds would be forbidden.

    >>> from lstm_music_jax import Events, Vocabulary
    >>> from lstm_music_jax.strategies import PENTATONIC
    >>> InKey(Vocabulary(("pitch_65", "pitch_67")), Events(), 7, PENTATONIC)
    InKey(vocabulary, Events(ticks_per_quarter=12, drums=False), 7, [0, 2, 4, 7, 9])
    """

    tonic: Integer = integer(at_least=0, at_most=11)
    scale: Integers = integers(at_least=0, at_most=11, pad_to=12)
    classes: Bool[Array, "v 12"] = derived(_pitch_classes)

    def check(self):
        steps = (np.expand_dims(self.tonic, -1) + self.scale) % 12
        outside = ~np.any(steps[..., None] == np.arange(12), axis=-2)
        silenced = np.any(self.classes & outside[..., None, :], axis=-1)
        if not np.all(np.any(self.classes.any(-1) & ~silenced, axis=-1)):
            allowed = f"such that a symbol may sound (tonic is {self.tonic})"
            raise self.refusal("scale", allowed)

    def apply(self, logits, state, key):
        steps = (self.tonic + jnp.asarray(self.scale)) % 12
        outside = jnp.ones(12, bool).at[steps].set(False)
        silenced = jnp.any(jnp.asarray(self.classes) & outside[None], axis=1)
        return forbid_unless(~silenced, logits), state
