"""Which states of an automaton can still reach acceptance in the symbols that are left.

Acceptance may depend on the pitches that sound. `WellFormed` forbids a pitch that was
struck at this moment already, so a sequence that the automaton accepts can be
impossible. With p pitches, an automaton that knew the set of these would have 2^p
states. It is enough to count what a state needs: how many pitches must be free.

Pitches that the automaton treats alike form a group, and needs are counted per group.
The tables are computed on the device.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import UInt8

from lstm_music_jax.automata.automaton import Automaton, grouped
from lstm_music_jax.automata.bits import WORD, holds
from lstm_music_jax.music.score import HIGHEST_PITCH
from lstm_music_jax.pytrees import pytree, static
from lstm_music_jax.types import Array, Bool, Float, Int, UInt32

_PITCHES = HIGHEST_PITCH + 1
# A need of a note that sounds counts as much as this many needs of a free pitch,
# because no note sounds at first.
_SOUNDING = 1000.0


class Effects(NamedTuple):
    """What each of the v symbols does to the pitches.

    Attributes:
        strikes: the pitch that the symbol strikes; -1 for none.
        releases: the pitch that it releases; -1 for none.
        moves: whether it moves the clock.
    """

    strikes: Int[np.ndarray, "v"]
    releases: Int[np.ndarray, "v"]
    moves: Bool[np.ndarray, "v"]

    @classmethod
    def none(cls, vocab_size: int) -> "Effects":
        """Return the effects of symbols that are never ill-formed."""
        no_pitch = np.full(vocab_size, -1)
        return cls(no_pitch, no_pitch, np.zeros(vocab_size, bool))


@pytree
class Classes:
    """The k classes of symbols, and what each of them does to the r groups of pitches.

    Attributes:
        of_symbol: the class of each symbol; -1 for one that must not be drawn.
        transitions: for each state and each class, the next state, or -1.
        strikes: 1 if the class strikes a pitch of the group, else 0.
        releases: 1 if the class releases a pitch of the group, else 0.
        moves: whether the class moves the clock.
        groups: the pitches of each group.
        releasing: whether any symbol releases a pitch. If not, a pitch is free unless
            it was struck at this moment.
    """

    of_symbol: Int[np.ndarray, "v"]
    transitions: Int[np.ndarray, "states k"]
    strikes: Int[np.ndarray, "k r"]
    releases: Int[np.ndarray, "k r"]
    moves: Bool[np.ndarray, "k"]
    groups: Bool[np.ndarray, "r pitches"]
    releasing: bool = static()

    @classmethod
    def of(
        cls, automaton: Automaton, allowed: Bool[np.ndarray, "v"], effects: Effects
    ) -> "Classes":
        """Divide the classes of an automaton by what their symbols do.

        Args:
            automaton: the automaton.
            allowed: whether each symbol may be drawn.
            effects: what each symbol does to the pitches.
        """
        allowed = allowed & (automaton.classes >= 0)
        used = np.flatnonzero(allowed).tolist()
        treated: dict[int, set[tuple[int, int]]] = {}
        for kind, pitches in enumerate((effects.strikes, effects.releases)):
            for symbol in used:
                if pitches[symbol] >= 0:
                    as_class = kind, int(automaton.classes[symbol])
                    treated.setdefault(int(pitches[symbol]), set()).add(as_class)
        number: dict[frozenset, int] = {}
        group = np.full(_PITCHES + 1, -1)
        for pitch, kinds_of_pitch in sorted(treated.items()):
            key = frozenset(kinds_of_pitch)
            group[pitch] = number.setdefault(key, len(number))
        kinds = [
            (source, group[strike], group[release], moving)
            for source, strike, release, moving in zip(
                automaton.classes.tolist(),
                *map(np.ndarray.tolist, effects),
                strict=True,
            )
        ]
        of_symbol, kinds = grouped(kinds, allowed)
        columns = np.array(kinds, int).reshape(-1, 4)
        numbers = np.arange(len(number))
        return cls(
            of_symbol,
            automaton.transitions[:, columns[:, 0]],
            (columns[:, 1, None] == numbers).astype(np.int32),
            (columns[:, 2, None] == numbers).astype(np.int32),
            columns[:, 3] == 1,
            group[None, :_PITCHES] == numbers[:, None],
            releasing=bool((effects.releases >= 0).any()),
        )

    def before(
        self,
        need: Int[Array, "rows needs"],
        strikes: Int[Array, "#rows r"],
        releases: Int[Array, "#rows r"],
        moves: Bool[Array, "#rows one"],
    ) -> Int[Array, "rows needs"]:
        """Return what is needed before a symbol, if `need` is needed after it.

        A need holds the number of free pitches of each group. If symbols release
        pitches, it then holds the number of pitches that have sounded since an earlier
        moment, and the number of all that sound.
        """
        if not self.releasing:
            # All pitches are free when the clock moves.
            return jnp.where(moves, 0, need) + strikes
        free, held, sounding = jnp.split(need, 3, axis=-1)
        return jnp.concatenate(
            [
                jnp.maximum(free - releases, 0) + strikes,
                jnp.where(moves, 0, held) + releases,
                jnp.maximum(
                    jnp.where(moves, jnp.maximum(held, sounding), sounding)
                    + (releases - strikes),
                    0,
                ),
            ],
            axis=-1,
        )

    def possible(self, need: Int[Array, "rows needs"]) -> Bool[Array, "rows"]:
        """Return whether any state of the pitches meets each need."""
        sizes = jnp.asarray(self.groups).sum(axis=1, dtype=jnp.int32)[None]
        if not self.releasing:
            return jnp.all(need <= sizes, axis=-1)
        free, held, sounding = jnp.split(need, 3, axis=-1)
        return jnp.all(free + jnp.maximum(held, sounding) <= sizes, axis=-1)

    def met(
        self, struck: Bool[Array, "pitches"], sounding: Bool[Array, "pitches"]
    ) -> Int[Array, "needs"]:
        """Return the largest need that the pitches meet.

        Args:
            struck: whether each pitch was struck at this moment.
            sounding: whether each pitch sounds.
        """
        masks = [~struck]
        if self.releasing:
            masks = [~sounding, sounding & ~struck, sounding]
        counts = [
            jnp.sum(jnp.asarray(self.groups) & mask[None], axis=1, dtype=jnp.int32)
            for mask in masks
        ]
        return jnp.concatenate(counts)

    def costs(self) -> Float[np.ndarray, "needs"]:
        """Return how hard each need is to meet; a pitch of a small group costs more."""
        sizes = self.groups.sum(axis=1)
        of_pitch = sizes.max(initial=1) / np.maximum(sizes, 1)
        if self.releasing:
            of_pitch = np.concatenate([of_pitch, *[_SOUNDING * of_pitch] * 2])
        return of_pitch.astype(np.float32)


@pytree
class Lookahead:
    """What leads to acceptance, for each number of symbols that are left.

    Attributes:
        classes: the classes of symbols.
        ahead: whether each state leads to acceptance in exactly n symbols, if its need
            is met. Bit i of word j in row n stands for state 32 j + i. There is a row
            for each n from 0 to `length`.
        needs: for each n and each state, a need that is enough for acceptance. If all
            pitches are in one group and none are released, it is the smallest one.
    """

    classes: Classes
    ahead: UInt32[Array, "lengths words"]
    needs: UInt8[Array, "lengths states needs"]

    @classmethod
    def of(
        cls, classes: Classes, accepting: Bool[np.ndarray, "states"], length: int
    ) -> "Lookahead":
        """Compute the tables.

        Args:
            classes: the classes of symbols.
            accepting: whether each state accepts.
            length: the largest number of symbols that are left.
        """
        return cls(classes, *_tables(classes, accepting, classes.costs(), length))

    def lengths(self) -> list[int]:
        """Return for which numbers of symbols the start leads to acceptance.

        It does so if the need of the start is met.
        """
        return np.flatnonzero(np.asarray(self.ahead)[:, 0] % 2).tolist()

    def keeps(
        self, left: Int[Array, ""], state: Int[Array, ""], met: Int[Array, "needs"]
    ) -> Bool[Array, "k"]:
        """Return a mask of the classes after which acceptance can surely be reached.

        It may also be possible after some of the others, because a need that is enough
        may be more than necessary.

        Args:
            left: number of symbols that are left after the next one, 0 or more.
            state: the state; if it is -1, the result means nothing.
            met: the largest need that the pitches meet now.
        """
        classes = self.classes
        after = jnp.asarray(classes.transitions)[state]
        reached = (after >= 0) & holds(self.ahead[left, after // WORD], after)
        need = classes.before(
            self.needs[left, after].astype(jnp.int32),
            jnp.asarray(classes.strikes),
            jnp.asarray(classes.releases),
            jnp.asarray(classes.moves)[:, None],
        )
        return reached & jnp.all(need <= met[None], axis=-1)


@partial(jax.jit, static_argnames="length")
def _tables(classes, accepting, costs, length):
    def longer(carry, _):
        ahead, needs = carry

        def consider(best, column):
            after, strikes, releases, moves = column
            need = classes.before(
                needs[after], strikes[None], releases[None], moves[None, None]
            )
            fits = (after >= 0) & ahead[after] & classes.possible(need)
            cost = jnp.sum(need.astype(jnp.float32) * costs[None], axis=1)
            cost = jnp.where(fits, cost, jnp.inf)
            better = cost < best[0]
            need = jnp.where(better[:, None], need, best[1])
            return (jnp.where(better, cost, best[0]), need), None

        columns = (
            jnp.asarray(classes.transitions).T,
            jnp.asarray(classes.strikes),
            jnp.asarray(classes.releases),
            jnp.asarray(classes.moves),
        )
        first = jnp.full(accepting.shape, jnp.inf), jnp.zeros_like(needs)
        (cost, needs), _ = jax.lax.scan(consider, first, columns)
        ahead = cost < jnp.inf
        return (ahead, needs), (_packed(ahead), needs.astype(jnp.uint8))

    none = jnp.zeros((*accepting.shape, costs.size), jnp.int32)
    _, (ahead, needs) = jax.lax.scan(longer, (accepting, none), length=length)
    return (
        jnp.concatenate([_packed(accepting)[None], ahead]),
        jnp.concatenate([none[None].astype(jnp.uint8), needs]),
    )


def _packed(ahead):
    padded = jnp.pad(ahead, (0, -len(ahead) % WORD)).reshape(-1, WORD)
    places = jnp.uint32(1) << jnp.arange(WORD, dtype=jnp.uint32)
    return jnp.sum(jnp.where(padded, places, jnp.uint32(0)), axis=1, dtype=jnp.uint32)


def longest_read(transitions: Int[np.ndarray, "states k"], most: int) -> int:
    """Return the length of the longest sequence that can be read, at most `most`."""
    states = np.zeros(1, np.int64)
    for symbols in range(most):
        after = np.unique(transitions[states])
        states = after[after >= 0]
        if not states.size:
            return symbols
    return most
