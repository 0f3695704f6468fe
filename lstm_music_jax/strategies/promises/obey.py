import copy
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.automata.automaton import Automaton
from lstm_music_jax.automata.reachability import (
    Classes,
    Effects,
    Lookahead,
    longest_read,
)
from lstm_music_jax.fields import derived, size, table
from lstm_music_jax.pytrees import same_leaves
from lstm_music_jax.strategies.base import forbid_unless, observe_all
from lstm_music_jax.strategies.promise import Promise
from lstm_music_jax.types import Array, Bool, Int, PyTree

# The error for a wrong length names a longer one if it is at most so much longer.
_BEYOND = 100


class ObeyState(NamedTuple):
    """How far the automaton has read the drawn symbols, and which pitches sound.

    Attributes:
        place: the state of the automaton after the drawn symbols; -1 if it could not
            read one of them.
        drawn: number of drawn symbols, at most the `length` of `Obey`. It is -1 while
            the prompt is read, so that the automaton skips the prompt.
        pitches: which pitches were struck at this moment, and which sound; None unless
            the chain has a `WellFormed`, whose state it is.
    """

    place: Int[Array, ""]
    drawn: Int[Array, ""]
    pitches: PyTree


def _alone(strategy):
    """Return the lookahead of an `Obey` without other promises."""
    if not isinstance(strategy.automaton, Automaton):
        raise strategy.refusal("automaton", "an automaton, such as bars(16)")
    v = len(strategy.automaton.classes)
    classes = Classes.of(strategy.automaton, np.full(v, True), Effects.none(v))
    return _lookahead(strategy, classes)


def _lookahead(strategy, classes, beside=""):
    """Return the lookahead of an `Obey` with these classes of symbols.

    Args:
        strategy: the strategy.
        classes: the classes of symbols.
        beside: words for what other promises forbid; may be empty.

    Raises:
        ValueError: the promise cannot be kept.
    """
    accepting, length = strategy.automaton.accepting, strategy.length
    lookahead = Lookahead.of(classes, accepting, length)
    if length not in lookahead.lengths():
        far = length + _BEYOND
        lengths = Lookahead.of(classes, accepting, far).lengths()
        longest = longest_read(classes.transitions, far)
        raise strategy.refusal(
            "length", _allowed(beside, length, [n for n in lengths if n], longest)
        )
    return lookahead


def _allowed(beside, length, lengths, longest):
    """Return a text that names lengths near `length` that `Obey` may have, if any.

    Args:
        beside: words for what other promises forbid; may be empty.
        length: the length that was given.
        lengths: the lengths of accepted sequences, as far as they were looked for.
        longest: the length of the longest sequence that the automaton can read, as far
            as it was looked for.
    """
    allowed = f"the length of a sequence that the automaton accepts{beside}"
    if lengths:
        below = [number for number in lengths if number < length][-1:]
        above = [number for number in lengths if number > length][:1]
        return f"{allowed}, such as {' or '.join(map(str, below + above))}"
    if longest < length:
        return f"{allowed}; it accepts none, because it reads at most {longest} symbols"
    return f"{allowed}; it accepts none of at most {longest} symbols"


class Obey(Promise):
    """Forbids symbols after which the automaton could no longer accept the piece.

        l'_x = -inf    if the automaton accepts no sequence of `length` symbols that
                       begins with the drawn symbols so far and x

    l'_x is the new logit of symbol x. So the automaton accepts the first `length` drawn
    symbols of each stream. Every symbol that is kept can be continued to such a
    sequence, and nothing is forbidden after `length` symbols. Symbols of the prompt are
    not read.

    Strategies that truncate never break the promise, and symbols never run out. If the
    earlier strategies of a chain leave nothing that this one allows, those that are no
    promises are ignored for a symbol; `Trace`, the record of the drawn symbols, says
    so. In a chain with `Forbid` and `WellFormed`, as in `compose`, the promise counts
    on no symbol that they forbid:

    - It never counts on the ids of `Forbid`.
    - For each state, it counts on one set of pitches that may be struck or released
      then. It forbids symbols after which they could not. If all pitches that the
      automaton reads are alike to it, as in `bars` or `within_key`, and none are
      released, it forbids no other symbols than it must. If the automaton names
      pitches, as in `contains`, it may forbid more. An automaton that is intersected
      with `well_formed(pitches=[...])` of these pitches avoids this.

    Two promises may contradict each other, such as this one and `CopyLimit`. The one
    that stands first then wins, and the trace says so. If this promise is broken by
    that or by `Force`, nothing is forbidden while no symbol can keep it.

    Args:
        automaton: the automaton. It reads ids of the model's vocabulary.
        length: number of drawn symbols after which the automaton must accept, 1 or
            more. For pieces that end earlier, see `ended`.

    State: `ObeyState`.

    Raises:
        ValueError: a field is invalid, or the automaton accepts no sequence of `length`
            symbols that the chain allows; the message names lengths that it accepts, or
            says up to which length it accepts none. `generate` raises it if a prompt
            ends with a pitch that the promise needs at once, or if the automaton reads
            another number of symbols than the model has.

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
    lookahead: Lookahead = derived(_alone, shared=True)
    follower: Promise | None = derived(lambda _: None, shared=True)

    def beside(self, promises):
        v = len(self.automaton.classes)
        never = np.concatenate([np.zeros(0, int), *(each.never() for each in promises)])
        allowed = ~np.isin(np.arange(v), never)
        following = ((each, each.effects()) for each in promises)
        following = (pair for pair in following if pair[1] is not None)
        follower, effects = next(following, (None, Effects.none(v)))
        classes = Classes.of(self.automaton, allowed, effects)
        lookahead = self.lookahead
        # The tables of a large automaton take seconds, and follow from the classes.
        if not same_leaves(classes, lookahead.classes):
            words = " in the symbols that the chain allows"
            lookahead = _lookahead(self, classes, words)
        strategy = copy.copy(self)
        object.__setattr__(strategy, "lookahead", lookahead)
        object.__setattr__(strategy, "follower", follower)
        return strategy

    def check_vocabulary(self, vocab_size):
        known = len(self.automaton.classes)
        if known != vocab_size:
            raise ValueError(
                f"automaton of Obey reads {known} symbols; it must read those of the "
                f"model, which are {vocab_size}"
            )

    def check_prompts(self, prompts):
        if not np.any(self.lookahead.needs[self.length, 0]):
            return
        stuck = ~np.asarray(_can_begin(self, prompts))
        if stuck.any():
            raise ValueError(
                f"prompts holds in row {stuck.argmax()} a prompt after which Obey "
                "cannot keep its promise: the pitches that it needs first cannot be "
                "struck or released there"
            )

    def init(self, vocab_size):
        pitches = self.follower and self.follower.init(vocab_size)
        return ObeyState(jnp.int32(0), jnp.int32(-1), pitches)

    def apply(self, logits, state, key):
        drawn = jnp.maximum(state.drawn, 0)
        left = jnp.maximum(self.length - 1 - drawn, 0)
        possible = self.lookahead.keeps(left, state.place, self.met(state))
        possible &= state.place >= 0
        # A symbol of class -1 gets the last entry.
        of_symbol = jnp.asarray(self.lookahead.classes.of_symbol)
        keep = jnp.append(possible, False)[of_symbol]
        free = (drawn >= self.length) | ~jnp.any(possible)
        return forbid_unless(keep | free, logits), state._replace(drawn=drawn)

    def observe(self, token, state):
        transitions = jnp.asarray(self.automaton.transitions)
        group = jnp.asarray(self.automaton.classes)[token]
        read = (state.place >= 0) & (group >= 0)
        place = jnp.where(read, transitions[state.place, group], -1)
        drawn = jnp.minimum(state.drawn + 1, self.length)
        # Symbols of the prompt are observed before the first call of `apply`.
        drawing = state.drawn >= 0
        pitches = state.pitches
        if self.follower is not None:
            pitches = self.follower.observe(token, pitches)
        return ObeyState(
            jnp.where(drawing, place, state.place),
            jnp.where(drawing, drawn, state.drawn),
            pitches,
        )

    def met(self, state: ObeyState) -> Int[Array, "needs"]:
        """Return the largest need that the pitches meet, as `Classes.met` does."""
        if state.pitches is None:
            return jnp.zeros(self.lookahead.needs.shape[-1], jnp.int32)
        return self.lookahead.classes.met(*state.pitches)


@jax.jit
def _can_begin(obey: Obey, prompts: Int[Array, "b p"]) -> Bool[Array, "b"]:
    """Return whether a symbol can be drawn after each prompt so that the promise holds.

    Of the other strategies of the chain, only the promises count.
    """

    def after(prompt):
        state = observe_all(obey, prompt, len(obey.automaton.classes))
        left = jnp.int32(obey.length - 1)
        return jnp.any(obey.lookahead.keeps(left, state.place, obey.met(state)))

    return jax.vmap(after)(prompts)
