import jax.numpy as jnp
import numpy as np

from lstm_music_jax.fields import Integer, derived, integer
from lstm_music_jax.music.score import HIGHEST_PITCH
from lstm_music_jax.strategies.base import forbid_unless
from lstm_music_jax.strategies.music.sounds import MusicStrategy
from lstm_music_jax.types import Array, Int


def _extremes(strategy):
    """Return each symbol's lowest and highest pitch, `[v 2]`.

    They are 127 and 0 for a symbol without pitches, which so fits every range.
    """
    struck = strategy.struck()
    pitches = np.arange(HIGHEST_PITCH + 1, dtype=np.int32)
    lowest = np.where(struck, pitches, HIGHEST_PITCH).min(1)
    return np.stack([lowest, np.where(struck, pitches, 0).max(1)], 1)


class PitchRange(MusicStrategy):
    """Forbids symbols with any pitch outside a range, such as that of an instrument.

    Args:
        vocabulary: the vocabulary of the model.
        encoding: the encoding of the symbols.
        low: MIDI pitch, 0 to 127.
        high: MIDI pitch, low to 127.

    Raises:
        ValueError: a field is invalid, or every symbol that sounds would be forbidden.

    >>> from lstm_music_jax import Events, Vocabulary
    >>> PitchRange(Vocabulary(("pitch_36",)), Events(), low=36, high=76)
    PitchRange(vocabulary, Events(ticks_per_quarter=12, drums=False), 36, 76)
    """

    low: Integer = integer(at_least=0, at_most=HIGHEST_PITCH)
    high: Integer = integer(at_least=0, at_most=HIGHEST_PITCH)
    extremes: Int[Array, "v 2"] = derived(_extremes)

    def check(self):
        if np.any(self.low > self.high):
            raise self.refusal("high", f"a whole number in [{self.low}, 127]")
        lowest, highest = self.extremes.T
        low, high = (np.expand_dims(bound, -1) for bound in (self.low, self.high))
        sounding = (lowest <= highest) & (low <= lowest) & (highest <= high)
        if not np.all(np.any(sounding, -1)):
            allowed = f"such that a symbol may sound (high is {self.high})"
            raise self.refusal("low", allowed)

    def apply(self, logits, state, key):
        lowest, highest = jnp.asarray(self.extremes).T
        inside = (self.low <= lowest) & (highest <= self.high)
        return forbid_unless(inside, logits), state
