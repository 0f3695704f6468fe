"""Which states of an automaton can still reach acceptance in the symbols that are left.

A table on the device holds one bit for each state and each number of symbols left.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.automata.automaton import Automaton
from lstm_music_jax.automata.bits import WORD, holds
from lstm_music_jax.types import Array, Bool, Int, UInt32

# Lengths of accepted sequences that an error names are found up to this many symbols
# beyond the wanted length.
_BEYOND = 100


@partial(jax.jit, static_argnames="length")
def acceptance_ahead(
    transitions: Int[Array, "states classes"],
    accepting: Bool[Array, "states"],
    length: int,
) -> UInt32[Array, "lengths words"]:
    """Return which states lead to acceptance in exactly n symbols, for each n.

    There is a row for each n from 0 to `length`. Bit i of word j in row n is 1 if
    reading exactly n symbols can lead from state 32 j + i to an accepting state.
    """

    def longer(ahead, _):
        # A transition of -1 leads to the last entry, which is False.
        ahead = jnp.any(jnp.append(ahead, False)[transitions], axis=1)
        return ahead, _packed(ahead)

    _, rows = jax.lax.scan(longer, accepting, length=length)
    return jnp.concatenate([_packed(accepting)[None], rows])


def leads_to_acceptance(
    ahead: UInt32[Array, "lengths words"], left: Int[Array, ""], states: Int[Array, "k"]
) -> Bool[Array, "k"]:
    """Return whether each state leads to acceptance in exactly `left` symbols.

    Args:
        ahead: the table, from `acceptance_ahead`.
        left: number of symbols that are left, 0 or more.
        states: the states. The result is False for the state -1, which means none.
    """
    return (states >= 0) & holds(ahead[left, states // WORD], states)


def accepted_lengths(automaton: Automaton, length: int) -> tuple[list[int], int]:
    """Return how long accepted sequences are, and how far sequences can be read.

    An error message gives these lengths if no sequence of `length` symbols is accepted.
    Only sequences of up to `length` + 100 symbols are looked at.

    Returns:
        All lengths that an accepted sequence may have, ascending.
        The length of the longest sequence that the automaton can read, accepted or not.
    """
    states = np.zeros(1, np.int64)
    lengths = []
    for symbols in range(length + _BEYOND + 1):
        if automaton.accepting[states].any():
            lengths.append(symbols)
        after = np.unique(automaton.transitions[states])
        states = after[after >= 0]
        if not states.size:
            break
    return lengths, symbols


def _packed(ahead):
    padded = jnp.pad(ahead, (0, -len(ahead) % WORD)).reshape(-1, WORD)
    places = jnp.uint32(1) << jnp.arange(WORD, dtype=jnp.uint32)
    return jnp.sum(jnp.where(padded, places, jnp.uint32(0)), axis=1, dtype=jnp.uint32)
