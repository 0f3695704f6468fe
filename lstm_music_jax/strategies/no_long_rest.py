"""No long rest: the clock never runs far ahead of the last sound."""

from typing import ClassVar, NamedTuple

import jax.numpy as jnp
import numpy as np

from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.score import HIGHEST_PITCH, TICKS_PER_QUARTER
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
from lstm_music_jax.types import Array, Bool, Int


class NoLongRestState(NamedTuple):
    """What the 128 keys do, one entry each, and the length of notes: all in ticks.

    `ends` is when a key's last note ends (for a key not yet struck, when the piece
    began) seen from now, `struck` whether it was struck at this very moment;
    `lengthening` whether a next duration adds to `length` instead of replacing it.
    """

    ends: Int[Array, "keys"]
    struck: Bool[Array, "keys"]
    length: Int[Array, ""]
    lengthening: Bool[Array, ""]


@pytree
class NoLongRest(Strategy):
    """See `no_long_rest`. Its state: `NoLongRestState`.

    What each symbol does: `shifts` and `durations` in ticks, int32 `[v]`; which keys
    it strikes, bool `[v keys]`.
    """

    permutation_equivariant: ClassVar[bool] = False
    ticks: Hyperparameter
    shifts: Hyperparameter
    durations: Hyperparameter
    keys: Hyperparameter

    def init(self, vocab_size):
        """The piece begins."""
        return NoLongRestState(
            jnp.zeros(HIGHEST_PITCH + 1, jnp.int32),
            jnp.zeros(HIGHEST_PITCH + 1, bool),
            jnp.int32(TICKS_PER_QUARTER),
            jnp.bool_(False),
        )

    def apply(self, logits, state, key):
        """Forbid the shifts that would leave too long a silence."""
        shifts = jnp.asarray(self.shifts)
        silence = shifts - jnp.max(state.ends)
        return forbid_unless((shifts == 0) | (silence <= self.ticks), logits), state

    def observe(self, token, state):
        """Move the clock, set the length or strike the keys, as decoding would."""
        shift = jnp.asarray(self.shifts)[token]
        duration = jnp.asarray(self.durations)[token]
        # A key that is down since this moment cannot be struck; one that sounds since
        # longer can, and its former note ends.
        strikes = jnp.asarray(self.keys)[token] & ~state.struck
        added = duration + jnp.where(state.lengthening, state.length, 0)
        return NoLongRestState(
            jnp.where(strikes, state.length, state.ends - shift),
            (state.struck | strikes) & (shift == 0),
            jnp.where(duration > 0, added, state.length),
            duration > 0,
        )


def no_long_rest(
    vocabulary: Vocabulary, encoding: Encoding, ticks: Setting
) -> NoLongRest:
    """Forbid a shift after which there would have been silence for too long.

    There is silence from the end of the last note to end, or from the beginning, to
    the clock. Symbols that leave the clock where it is are free: the strategy does
    nothing to an encoding without rests, such as `NoteNames`.

    Args:
        vocabulary: whose ids the model draws.
        encoding: in which its symbols sound.
        ticks: 0 or more, 12 to a quarter; 0 allows no rest at all.

    Raises:
        ValueError: also where no symbol sounds.
    """
    symbols = vocabulary.symbols
    keys = np.zeros((len(symbols), HIGHEST_PITCH + 1), bool)
    for row, struck in zip(keys, struck_pitches(vocabulary, encoding), strict=True):
        row[[*struck]] = True
    return NoLongRest(
        hyperparameter("ticks", ticks, lambda t: t >= 0, "0 or more", np.int32),
        np.array([encoding.time_shift(symbol) for symbol in symbols], np.int32),
        np.array([encoding.duration(symbol) for symbol in symbols], np.int32),
        keys,
    )
