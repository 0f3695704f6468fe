from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from lstm_music_jax.automata.reachability import Effects
from lstm_music_jax.fields import derived
from lstm_music_jax.music.encodings.base import known_symbols
from lstm_music_jax.music.score import HIGHEST_PITCH
from lstm_music_jax.strategies.base import forbid_unless
from lstm_music_jax.strategies.music.sounds import MusicStrategy
from lstm_music_jax.strategies.promise import Promise
from lstm_music_jax.types import Array, Bool, Int

# Fills the rows of symbols with fewer pitches than others; it is not a pitch.
_NO_PITCH = HIGHEST_PITCH + 1


class WellFormedState(NamedTuple):
    """Which of the 128 MIDI pitches were struck, with one entry per pitch.

    If the encoding has no time shifts, all entries stay False.

    Attributes:
        struck: whether the pitch was struck at this moment.
        sounding: whether the pitch was struck and has not been released since.
    """

    struck: Bool[Array, "keys"]
    sounding: Bool[Array, "keys"]


def _known(strategy):
    """Return which symbols of the vocabulary belong to the encoding, bool `[v]`.

    The result is True for the end symbol too, and False for the start symbol.
    """
    vocabulary = strategy.vocabulary
    known: set[str | None] = {*known_symbols(strategy.encoding, vocabulary.symbols)}
    known = (known | {vocabulary.end}) - {vocabulary.start}
    return np.array([symbol in known for symbol in vocabulary.symbols])


def _strikes(strategy):
    """Return the pitches that each symbol strikes, int32 `[v k]`.

    k is the largest number of pitches that a symbol strikes. Rows with fewer pitches
    are filled with 128, which is not a MIDI pitch.

    If the encoding has no time shifts, no two symbols begin at the same time, so no
    strike is ever ill-formed. The table then has no columns.
    """
    encoding = strategy.encoding
    strategy.struck()
    if not any(map(encoding.time_shift, _all_symbols(strategy))):
        return np.zeros((len(strategy.vocabulary), 0), np.int32)
    return _rows(strategy, encoding.pitches)


def _releases(strategy):
    """Return the pitches that each symbol releases, int32 `[v k]`.

    k is the largest number of pitches that a symbol releases; it is 0 if no symbol of
    the encoding releases a pitch. Rows with fewer pitches are filled with 128, which is
    not a MIDI pitch.
    """
    return _rows(strategy, strategy.encoding.releases)


def _all_symbols(strategy):
    return strategy.encoding.symbols or strategy.vocabulary.symbols


def _rows(strategy, pitches_of):
    width = max(len(pitches_of(symbol)) for symbol in _all_symbols(strategy))
    rows = np.full((len(strategy.vocabulary), width), _NO_PITCH, np.int32)
    for row, symbol in zip(rows, strategy.vocabulary.symbols, strict=True):
        pitches = pitches_of(symbol)
        row[: len(pitches)] = pitches
    return rows


def _moves(strategy):
    shifts = map(strategy.encoding.time_shift, strategy.vocabulary.symbols)
    return np.array([*shifts]) > 0


class WellFormed(Promise, MusicStrategy):
    """Forbids ill-formed symbols, which decoding would skip.

    `Encoding` defines the ill-formed symbols. With the encoding `Events`, a symbol is
    ill-formed if it strikes a pitch that was already struck at the same moment. With
    `Performance`, these are ill-formed: a note-on of a pitch that sounds, a note-off of
    a pitch that does not sound, and a note-off of a pitch that was struck at the same
    moment. With `NoteNames`, no name is ever ill-formed. Symbols that the encoding does
    not have, such as the start symbol, are always forbidden. The end symbol is never
    forbidden.

    Ill-formed symbols in a prompt change nothing, as in decoding.

    Args:
        vocabulary: the vocabulary of the model.
        encoding: the encoding of the symbols.

    State: `WellFormedState`.

    Raises:
        ValueError: no symbol sounds.
    """

    known: Bool[Array, "v"] = derived(_known)
    strikes: Int[Array, "v k"] = derived(_strikes)
    releases: Int[Array, "v k"] = derived(_releases)
    moves: Bool[Array, "v"] = derived(_moves)

    def never(self):
        return np.flatnonzero(~self.known)

    def effects(self):
        columns = []
        for name in ("strikes", "releases"):
            pitches = getattr(self, name)
            if pitches.shape[1] > 1:
                allowed = f"one in which no symbol {name} several pitches, beside Obey"
                raise self.refusal("encoding", allowed)
            of_symbol = pitches.max(axis=1, initial=-1)
            columns.append(np.where(of_symbol == _NO_PITCH, -1, of_symbol))
        return Effects(*columns, self.moves)

    def init(self, vocab_size):
        silent = jnp.zeros(HIGHEST_PITCH + 1, bool)
        return WellFormedState(silent, silent)

    def apply(self, logits, state, key):
        strikes, releases = jnp.asarray(self.strikes), jnp.asarray(self.releases)
        keep = jnp.asarray(self.known) & _fits(strikes, releases, state)
        return forbid_unless(keep, logits), state

    def observe(self, token, state):
        strikes = jnp.asarray(self.strikes)[token]
        releases = jnp.asarray(self.releases)[token]
        fits = _fits(strikes, releases, state)
        pitches = jnp.arange(HIGHEST_PITCH + 1)
        struck, released = (
            fits & jnp.any(pitches[:, None] == of_token[None], axis=1)
            for of_token in (strikes, releases)
        )
        return WellFormedState(
            (state.struck & ~jnp.asarray(self.moves)[token]) | struck,
            (state.sounding & ~released) | struck,
        )


def _fits(strikes, releases, state):
    """Return whether each symbol would be well-formed as the next one, bool `[v]`.

    The rows of a single symbol, `[k]`, may be given instead. The result then has no
    dimensions.

    Args:
        strikes: the pitches that each symbol strikes, `[v k]`, from `_strikes`.
        releases: the pitches that each symbol releases, `[v k]`, from `_releases`.
        state: which pitches sound now, and which were struck at this moment.
    """
    blocked = state.sounding if releases.shape[-1] else state.struck
    strikes_blocked = blocked.at[strikes].get(mode="fill", fill_value=False)
    held = state.sounding & ~state.struck
    releases_held = held.at[releases].get(mode="fill", fill_value=True)
    return ~jnp.any(strikes_blocked, axis=-1) & jnp.all(releases_held, axis=-1)
