from typing import NamedTuple

import jax.numpy as jnp

from lstm_music_jax.automata.automaton import Automaton
from lstm_music_jax.automata.reachability import (
    acceptance_ahead,
    accepted_lengths,
    leads_to_acceptance,
)
from lstm_music_jax.fields import derived, size, table
from lstm_music_jax.strategies.base import Strategy, forbid_unless
from lstm_music_jax.types import Array, Int, UInt32


class ObeyState(NamedTuple):
    """How far the automaton has read the drawn symbols.

    Attributes:
        place: the state of the automaton after the drawn symbols; -1 if it could not
            read one of them.
        drawn: number of drawn symbols, at most the `length` of `Obey`. It is -1 while
            the prompt is read, so that the automaton skips the prompt.
    """

    place: Int[Array, ""]
    drawn: Int[Array, ""]


def _ahead(strategy):
    automaton, length = strategy.automaton, strategy.length
    if not isinstance(automaton, Automaton):
        raise strategy.refusal("automaton", "an automaton, such as bars(16)")
    ahead = acceptance_ahead(automaton.transitions, automaton.accepting, length)
    if not ahead[-1, 0] % 2:
        raise strategy.refusal("length", _possible(automaton, length))
    return ahead


def _possible(automaton, length):
    """Return a text that names lengths near `length` which an automaton accepts.

    If it accepts no length, the text says how far the automaton can read.
    """
    lengths, longest = accepted_lengths(automaton, length)
    lengths = [number for number in lengths if number > 0]
    allowed = "the length of a sequence that the automaton accepts"
    if lengths:
        below = [number for number in lengths if number < length][-1:]
        above = [number for number in lengths if number > length][:1]
        return f"{allowed}, such as {' or '.join(map(str, below + above))}"
    if longest < length:
        return f"{allowed}; it accepts none, because it reads at most {longest} symbols"
    return f"{allowed}; it accepts none of at most {longest} symbols"


class Obey(Strategy):
    """Forbids symbols after which the automaton could no longer accept the piece.

        l'_x = -inf    if the automaton accepts no sequence of `length` symbols that
                       begins with the drawn symbols so far and x

    l'_x is the new logit of symbol x. So the automaton accepts the first `length` drawn
    symbols of each stream. Every symbol that is kept can be continued to such a
    sequence, and nothing is forbidden after `length` symbols. Symbols of the prompt are
    not read.

    Put this strategy before those that truncate. A strategy before it may forbid all
    symbols that the automaton needs. The engine then ignores this strategy for one
    symbol, and `Trace`, the record of the drawn symbols, says so. After that symbol the
    automaton cannot accept the piece, so nothing is forbidden any more.

    `compose` forbids ill-formed symbols before this strategy, and so may cause such a
    conflict. There is none if the automaton was intersected with `well_formed`. Large
    vocabularies have too many pitches for that. If the automaton names pitches, as for
    a motif, an intersection with `well_formed(pitches=[...])` of these pitches makes
    the conflict rare. `compose` also forbids symbols that the model was not trained on,
    but the functions that make automata do not use these.

    Args:
        automaton: the automaton. It reads ids of the model's vocabulary.
        length: number of drawn symbols after which the automaton must accept, 1 or
            more. For pieces that end earlier, see `ended`.

    State: `ObeyState`.

    Raises:
        ValueError: the automaton accepts no sequence of `length` symbols; the message
            names lengths that it accepts, or says how far it can read. Or its
            vocabulary is not that of the model.

    >>> from lstm_music_jax import NoteNames, Vocabulary, contains
    >>> notes = Vocabulary(("C4", "E4", "G4"))
    >>> Obey(contains(["C4", "E4", "G4"], notes, NoteNames()), 2)
    Traceback (most recent call last):
        ...
    ValueError: length of Obey is 2; it must be the length of a sequence that the \
automaton accepts, such as 3
    """

    permutation_equivariant = False
    automaton: Automaton = table()
    length: int = size(at_least=1)
    ahead: UInt32[Array, "lengths words"] = derived(_ahead, shared=True)

    def check_vocabulary(self, vocab_size):
        known = len(self.automaton.classes)
        if known != vocab_size:
            raise ValueError(
                f"automaton of Obey reads {known} symbols; it must read those of the "
                f"model, which are {vocab_size}"
            )

    def init(self, vocab_size):
        return ObeyState(jnp.int32(0), jnp.int32(-1))

    def apply(self, logits, state, key):
        drawn = jnp.maximum(state.drawn, 0)
        row = jnp.asarray(self.automaton.transitions)[state.place]
        left = jnp.maximum(self.length - 1 - drawn, 0)
        possible = leads_to_acceptance(self.ahead, left, row) & (state.place >= 0)
        # A symbol of class -1 gets the last entry.
        keep = jnp.append(possible, False)[jnp.asarray(self.automaton.classes)]
        free = (drawn >= self.length) | ~jnp.any(possible)
        return forbid_unless(keep | free, logits), ObeyState(state.place, drawn)

    def observe(self, token, state):
        transitions = jnp.asarray(self.automaton.transitions)
        group = jnp.asarray(self.automaton.classes)[token]
        read = (state.place >= 0) & (group >= 0)
        place = jnp.where(read, transitions[state.place, group], -1)
        drawn = jnp.minimum(state.drawn + 1, self.length)
        # Symbols of the prompt are observed before the first call of `apply`.
        drawing = state.drawn >= 0
        return ObeyState(
            jnp.where(drawing, place, state.place),
            jnp.where(drawing, drawn, state.drawn),
        )
