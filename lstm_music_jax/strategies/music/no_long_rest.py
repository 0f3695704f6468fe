from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from lstm_music_jax.fields import Integer, derived, integer
from lstm_music_jax.music.score import HIGHEST_PITCH
from lstm_music_jax.strategies.base import forbid_unless
from lstm_music_jax.strategies.music.sounds import MusicStrategy
from lstm_music_jax.types import Array, Bool, Int


class NoLongRestState(NamedTuple):
    """The ends of the notes so far, and the length of the next notes.

    Attributes:
        ends: for each of the 128 pitches, the time at which its last note ends, in
            ticks from now; negative if it lies in the past, and 0 while the note is
            held. For a pitch without a note, the time at which the piece began.
        struck: for each pitch, whether one of its notes begins now.
        held: for each pitch, whether its note sounds until a symbol releases it. It is
            empty if no symbol of the encoding releases a pitch.
        length: length of the next notes, in ticks.
        lengthening: whether the last symbol was a duration. The next duration symbol
            then adds to `length`; otherwise it replaces `length`.
    """

    ends: Int[Array, "keys"]
    struck: Bool[Array, "keys"]
    held: Bool[Array, "held"]
    length: Int[Array, ""]
    lengthening: Bool[Array, ""]


def _ticks(method):
    """Return a function that returns the ticks of each symbol, int32 `[v]`.

    The returned function takes a strategy. It looks at each symbol of the strategy's
    vocabulary, and calls a method of the strategy's encoding for its ticks. `method` is
    the name of that method: "time_shift" or "duration".
    """
    return lambda strategy: np.array(
        [getattr(strategy.encoding, method)(s) for s in strategy.vocabulary.symbols],
        np.int32,
    )


def _released(strategy):
    """Return a mask of the MIDI pitches, 0 to 127, that each symbol releases.

    It has no columns if no symbol of the encoding releases a pitch.
    """
    encoding, symbols = strategy.encoding, strategy.vocabulary.symbols
    if not any(map(encoding.releases, encoding.symbols or symbols)):
        return np.zeros((len(symbols), 0), bool)
    released = np.zeros((len(symbols), HIGHEST_PITCH + 1), bool)
    for row, symbol in zip(released, symbols, strict=True):
        row[[*encoding.releases(symbol)]] = True
    return released


class NoLongRest(MusicStrategy):
    """Forbids time shifts that would make a silence longer than `ticks`.

    A silence begins when no note sounds any more, or at the start of the piece. A note
    ends after its duration, or with `Performance` when it is released. Symbols other
    than time shifts are always allowed. So the strategy changes nothing if the encoding
    has no time shifts, such as `NoteNames`.

    Args:
        vocabulary: the vocabulary of the model.
        encoding: the encoding of the symbols.
        ticks: the longest silence that is allowed, 0 or more, in the encoding's unit of
            time; 0 allows no rest.

    State: `NoLongRestState`.

    Raises:
        ValueError: a field is invalid, or no symbol sounds.
    """

    ticks: Integer = integer(at_least=0)
    shifts: Int[Array, "v"] = derived(_ticks("time_shift"))
    durations: Int[Array, "v"] = derived(_ticks("duration"))
    keys: Bool[Array, "v keys"] = derived(MusicStrategy.struck)
    released: Bool[Array, "v held"] = derived(_released)

    def init(self, vocab_size):
        return NoLongRestState(
            jnp.zeros(HIGHEST_PITCH + 1, jnp.int32),
            jnp.zeros(HIGHEST_PITCH + 1, bool),
            jnp.zeros(self.released.shape[-1], bool),
            jnp.int32(self.encoding.ticks_per_quarter),
            jnp.bool_(False),
        )

    def apply(self, logits, state, key):
        shifts = jnp.asarray(self.shifts)
        silence = shifts - jnp.max(state.ends)
        allowed = (shifts == 0) | (silence <= self.ticks) | jnp.any(state.held)
        return forbid_unless(allowed, logits), state

    def observe(self, token, state):
        # The time, the length and the pitches change as they do in decoding.
        shift = jnp.asarray(self.shifts)[token]
        duration = jnp.asarray(self.durations)[token]
        # A pitch that was struck at this moment cannot be struck again. A pitch that
        # was struck earlier can be struck again, which ends its earlier note.
        strikes = jnp.asarray(self.keys)[token] & ~state.struck
        ends, held, length = state.ends - shift, state.held, state.length
        if held.size:
            # A pitch that is held cannot be struck again. A pitch that was struck at
            # this moment cannot be released.
            strikes &= ~held
            released = jnp.asarray(self.released)[token] & ~state.struck
            ends, length = jnp.where(held, 0, ends), jnp.zeros_like(length)
            held = (held & ~released) | strikes
        added = duration + jnp.where(state.lengthening, state.length, 0)
        return NoLongRestState(
            jnp.where(strikes, length, ends),
            (state.struck | strikes) & (shift == 0),
            held,
            jnp.where(duration > 0, added, state.length),
            duration > 0,
        )
