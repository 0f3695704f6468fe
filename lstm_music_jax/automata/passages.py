"""An index of pieces on the device, which finds how much of a stream is copied.

A passage is a sequence of successive symbols. A stream is a sequence that is generated.
It has copied n symbols if its last n symbols are a passage of one of the pieces,
optionally after transposition.

The index is a suffix automaton. Each of its states stands for passages that occur at
the same places of the pieces. A continuation of a state is a symbol that follows these
passages at one of the places.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.automata.bits import WORD, holds
from lstm_music_jax.automata.suffix_automaton import SuffixAutomaton
from lstm_music_jax.pytrees import pytree
from lstm_music_jax.types import Array, Bool, Int, Token, UInt32


class Place(NamedTuple):
    """How much of the end of a stream is copied, for each transposition.

    Attributes:
        state: the state of the index that stands for the longest passage with which the
            stream ends; 0 if no symbol is copied.
        length: length of this passage: the number of copied symbols.
    """

    state: Int[Array, "*b"]
    length: Int[Array, "*b"]


@pytree
class Passages:
    """The index of some pieces, by which the `Place` of a stream is found.

    Attributes:
        continuations: for each state, a set of symbols: bit i of word j is set if
            symbol 32 j + i is a continuation, `[states words]`.
        first: for each state, where its continuations begin in `targets`.
        targets: the state after each continuation: first those of state 0, ordered by
            the id of the symbol, then those of state 1, and so on.
        links: for each state, the state of the longest suffix of its passages that
            occurs at more places than they do.
        lengths: for each state, the length of its longest passage. The length may be
            too large, but is exact for every state that a link leads to.
        renamed: for each transposition and each symbol, the symbol by which the pieces
            spell the transposed sound; -1 where there is none, `[transpositions v]`.
    """

    continuations: UInt32[Array, "states words"]
    first: Int[Array, "states"]
    targets: Int[Array, "edges"]
    links: Int[Array, "states"]
    lengths: Int[Array, "states"]
    renamed: Int[Array, "transpositions v"]

    @classmethod
    def of(
        cls,
        pieces: Sequence[Int[np.ndarray, "_"]],
        renamed: Int[np.ndarray, "transpositions v"],
    ) -> "Passages":
        """Make the index of some pieces.

        Args:
            pieces: the symbol ids of each piece.
            renamed: for each transposition and each of the v symbols, the symbol that
                spells the transposed sound, or -1 if there is none. The middle row is
                that of no transposition. It chooses one spelling for symbols that sound
                alike, such as C#4 and D-4, and is applied to the pieces too.
                `spelled_once` makes such a table. To find exact copies only, give
                `np.arange(v)[None]`.
        """
        same = renamed[len(renamed) // 2]
        automaton = SuffixAutomaton([same[piece] for piece in pieces])
        transitions, links, lengths = automaton.without_separators()
        words = -(-renamed.shape[1] // WORD)
        continuations = np.zeros((len(transitions), words), np.uint32)
        targets: list[int] = []
        first = np.zeros(len(transitions), np.int32)
        for state, following in enumerate(transitions):
            first[state] = len(targets)
            for symbol in sorted(following):
                continuations[state, symbol // WORD] |= np.uint32(1 << symbol % WORD)
                targets.append(following[symbol])
        return cls(
            *map(
                jnp.asarray,
                (
                    continuations,
                    first,
                    # A table without entries cannot be read, even if none is used.
                    np.array(targets or [0], np.int32),
                    np.array(links, np.int32),
                    np.array(lengths, np.int32),
                    renamed.astype(np.int32),
                ),
            )
        )

    @property
    def nbytes(self) -> int:
        """The memory that the tables take, in bytes."""
        return sum(leaf.nbytes for leaf in jax.tree.leaves(self))

    def begin(self) -> Place:
        """Return the place of a stream that has read nothing."""
        nowhere = jnp.zeros(len(self.renamed), jnp.int32)
        return Place(nowhere, nowhere)

    # Compiled, because JAX would compile the loops anew in every uncompiled call.
    @jax.jit
    def read(self, place: Place, token: Token) -> Place:
        """Return the place after a symbol was read.

        Args:
            place: the place before.
            token: the id of the symbol.
        """
        return jax.vmap(self._read_one)(place, self.renamed[:, token])

    def _read_one(self, place, symbol):
        def unknown(found):
            return (found.state > 0) & ~self._continues(found.state, symbol)

        def shorten(found):
            state = self.links[found.state]
            return Place(state, self.lengths[state])

        place = jax.lax.while_loop(unknown, shorten, place)
        known = self._continues(place.state, symbol)
        state = jnp.where(known, self._target(place.state, symbol), 0)
        return Place(state, jnp.where(known, place.length + 1, 0))

    def _continues(self, state, symbol):
        """Return whether `symbol` is a continuation of `state`; -1 never is."""
        return (symbol >= 0) & holds(self.continuations[state, symbol // WORD], symbol)

    def _target(self, state, symbol):
        """Return the state to which `symbol`, a continuation of `state`, leads."""
        words = self.continuations[state]
        # In each word, the number of bits that stand for smaller ids than `symbol`.
        bits = jnp.clip(symbol - WORD * jnp.arange(len(words)), 0, WORD)
        below = (jnp.uint32(1) << (bits % WORD).astype(jnp.uint32)) - 1
        smaller = jnp.where(bits == WORD, words, words & below)
        rank = jnp.sum(jax.lax.population_count(smaller).astype(jnp.int32))
        return self.targets[self.first[state] + rank]

    @jax.jit
    def continuations_of(
        self, place: Place, length: Int[Array, ""] | int
    ) -> Bool[Array, "v"]:
        """Return a mask of the symbols that would make the copied passage too long.

        If one of them came next, the stream would have copied more than `length`
        symbols.

        Args:
            place: the place of the stream.
            length: the number of symbols, 0 or more.
        """
        full = place.length >= length
        if len(self.renamed) == 1:
            return full[0] & self._mask(place.state[0], length, self.renamed[0])

        # Few transpositions have copied so much, so they are looked at one by one.
        def remaining(carry):
            return jnp.any(carry[0])

        def take_one(carry):
            full, mask = carry
            row = jnp.argmax(full)
            mask |= self._mask(place.state[row], length, self.renamed[row])
            return full.at[row].set(False), mask

        none = jnp.zeros(self.renamed.shape[1], bool)
        return jax.lax.while_loop(remaining, take_one, (full, none))[1]

    def _mask(self, state, length, renamed):
        """Return a mask of the symbols that follow the last symbols of a passage.

        They follow at any place of the pieces where the last `length` symbols of the
        passage occur. There may be more such places than for the whole passage.

        Args:
            state: the state that stands for the passage, which has `length` symbols or
                more.
            length: how many of the last symbols of the passage count.
            renamed: a row of the attribute `renamed`, for one transposition. The mask
                is True for a symbol x if the symbol `renamed[x]` follows in the pieces.
        """
        # If the passage is longer, its last symbols may occur at more places.
        state = jax.lax.while_loop(
            lambda state: (state > 0) & (self.lengths[self.links[state]] >= length),
            lambda state: self.links[state],
            state,
        )
        words = self.continuations[state][renamed // WORD]
        return (renamed >= 0) & holds(words, renamed)


@jax.jit
def copied_lengths(passages: Passages, tokens: Int[Array, "b n"]) -> Int[Array, "b n"]:
    """Return how many symbols each stream has copied after each of its symbols.

    This is the largest number over all transpositions. These are the matching
    statistics of the streams, computed on the device. So this is the trace of copying,
    whatever strategy has drawn the symbols:

        copied_lengths(KnownPieces.of(data).exact, generation.tokens)

    To count a prompt as part of a stream, put it in front of the symbols.

    Args:
        passages: the index of the pieces.
        tokens: symbol ids; no stream has read anything before its first symbol.

    Reference: Chang & Lawler 1994, Sublinear Approximate String Matching and Biological
    Applications.
    """

    def of_stream(ids):
        def note(place, token):
            place = passages.read(place, token)
            return place, jnp.max(place.length)

        return jax.lax.scan(note, passages.begin(), ids)[1]

    return jax.vmap(of_stream)(tokens)
