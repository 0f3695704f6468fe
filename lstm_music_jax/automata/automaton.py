"""An automaton, which accepts some sequences of symbols and no others.

A symbol is a token of music, such as a note or a time shift. Each has an integer id.
The symbols that an automaton can read are its alphabet. They are divided into classes.
Every state treats all symbols of one class alike.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import SupportsIndex, TypeVar

import jax
import numpy as np
from jaxtyping import Bool, Int

from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.pytrees import pytree

State = TypeVar("State", bound=Hashable)

# No automaton has more states.
MOST_STATES = 500_000
# A label of the picture names at most this many symbols.
_NAMED = 4


@pytree
class Automaton:
    """A deterministic finite automaton that reads symbol ids.

    State 0 is the start. Every state treats all symbols of one class alike, so
    `transitions` has one column per class. An automaton accepts a sequence if reading
    it leads from the start to an accepting state.

    Attributes:
        classes: the class of each symbol; -1 for a symbol that the automaton cannot
            read. The other symbols are its alphabet.
        transitions: for each state and each class, the next state; -1 if a sequence
            that continues so is never accepted.
        accepting: whether a sequence that ends in each state is accepted.

    Raises:
        ValueError: the arrays do not fit together, or there is no state, or there are
            too many.
    """

    classes: Int[np.ndarray, "v"]
    transitions: Int[np.ndarray, "states classes"]
    accepting: Bool[np.ndarray, "states"]

    def __post_init__(self) -> None:
        states, classes = self.transitions.shape
        require_size("automaton", states)
        if not states:
            raise ValueError("transitions has no rows; state 0 must exist")
        if len(self.accepting) != states:
            raise ValueError(
                f"accepting has {len(self.accepting)} entries; it must have one for "
                f"each of the {states} states of transitions"
            )
        for name, values, most in (
            ("classes", self.classes, classes),
            ("transitions", self.transitions, states),
        ):
            if values.min(initial=0) < -1 or values.max(initial=-1) >= most:
                raise ValueError(
                    f"{name} holds {values.min()} to {values.max()}; its numbers must "
                    f"be -1 to {most - 1}"
                )
        unused = np.setdiff1d(np.arange(classes), self.classes)
        if unused.size:
            raise ValueError(
                f"classes lacks {unused[0]}; each column of transitions must be the "
                "class of a symbol"
            )

    def __len__(self) -> int:
        return len(self.accepting)

    def __repr__(self) -> str:
        """Return a text that says how many states, classes and symbols there are."""
        states, classes = self.transitions.shape
        symbols = len(self.classes)
        return f"<Automaton: {states} states, {classes} classes of {symbols} symbols>"

    @property
    def nbytes(self) -> int:
        """The memory that the three arrays take, in bytes."""
        return sum(leaf.nbytes for leaf in jax.tree.leaves(self))

    def read(self, ids: Iterable[SupportsIndex]) -> int:
        """Return the state after a sequence of ids of the vocabulary.

        The result is -1 if the sequence cannot be read.
        """
        state = 0
        for symbol in ids:
            group = int(self.classes[symbol])
            if state < 0 or group < 0:
                return -1
            state = int(self.transitions[state, group])
        return state

    def accepts(self, ids: Iterable[SupportsIndex]) -> bool:
        """Return whether the automaton accepts a sequence of ids."""
        state = self.read(ids)
        return state >= 0 and bool(self.accepting[state])

    def dot(self, vocabulary: Vocabulary | None = None) -> str:
        """Return a picture of the automaton as Graphviz text.

        Accepting states have a double border.

        Args:
            vocabulary: gives the names of the symbols for the labels. By default, the
                labels show ids.
        """
        names = [*map(str, range(len(self.classes)))]
        if vocabulary is not None:
            names = [*vocabulary.symbols]
        labels = [
            _label([names[symbol] for symbol in np.flatnonzero(self.classes == group)])
            for group in range(self.transitions.shape[1])
        ]
        lines = ["digraph {", "  rankdir=LR", "  start [shape=point]", "  start -> 0"]
        for state, row in enumerate(self.transitions.tolist()):
            shape = "doublecircle" if self.accepting[state] else "circle"
            lines.append(f"  {state} [shape={shape}]")
            for target in dict.fromkeys(row):
                if target >= 0:
                    groups = [
                        labels[i] for i, other in enumerate(row) if other == target
                    ]
                    lines.append(f'  {state} -> {target} [label="{", ".join(groups)}"]')
        return "\n".join([*lines, "}"]) + "\n"


def require_size(name: str, states: int, more: str = "") -> None:
    """Raise ValueError if an automaton has more than 500,000 states.

    Args:
        name: what the automaton is, in words for the error.
        states: its number of states.
        more: words that follow the number in the error, such as " or more" if not all
            states were counted.
    """
    if states > MOST_STATES:
        raise ValueError(
            f"{name} has {states:,} states{more}; it must have at most {MOST_STATES:,}"
        )


def explored(
    start: State,
    step: Callable[[State, int], State | None],
    accepts: Callable[[State], bool],
    classes: Int[np.ndarray, "v"],
) -> Automaton:
    """Return the automaton of all states that can be reached from `start`.

    Args:
        start: the first state, any hashable object.
        step: `step(state, class)` returns the next state after a symbol of the class;
            None if a sequence that continues so is never accepted.
        accepts: `accepts(state)` returns whether a state is accepting.
        classes: the class of each symbol; -1 for one that cannot be read.

    Raises:
        ValueError: there are too many states.
    """
    number = {start: 0}
    order = [start]
    rows = []
    for state in order:
        row = []
        for group in range(classes.max(initial=-1) + 1):
            target = step(state, group)
            if target is not None and target not in number:
                number[target] = len(order)
                order.append(target)
            row.append(-1 if target is None else number[target])
        rows.append(row)
        require_size("automaton", len(order), " or more")
    return Automaton(
        classes.astype(np.int32),
        np.array(rows, np.int32).reshape(len(order), -1),
        np.array([*map(accepts, order)], bool),
    )


def alphabet(vocabulary: Vocabulary) -> Bool[np.ndarray, "v"]:
    """Return a mask of the symbols of music that `compose` may draw.

    They are all symbols but the start symbol, the end symbol, and those that the model
    was not trained on.
    """
    allowed = np.ones(len(vocabulary), bool)
    allowed[[*vocabulary.marker_ids, *vocabulary.unseen_ids]] = False
    return allowed


def ids_of_music(
    symbols: Sequence[str],
    vocabulary: Vocabulary,
    source: str,
    positions: Sequence[int] | None = None,
) -> Int[np.ndarray, "t"]:
    """Return the ids of symbols, all of which `alphabet(vocabulary)` must allow.

    Args:
        symbols: the symbols, as strings.
        vocabulary: the vocabulary of the model.
        source: the name of the argument that holds the symbols, for the error.
        positions: the position of each symbol, for the error; None to leave it out.

    Raises:
        ValueError: a symbol is unknown, or is not in the alphabet.
    """
    ids, allowed = vocabulary.ids_of(symbols, source), alphabet(vocabulary)
    for place, (symbol, number) in enumerate(zip(symbols, ids, strict=True)):
        if not allowed[number]:
            where = "" if positions is None else f" at position {positions[place]}"
            raise ValueError(
                f"{source} holds {symbol!r}{where}; it must hold symbols of music that "
                "the model was trained on"
            )
    return ids


def grouped(
    kinds: Sequence[Hashable], allowed: Bool[np.ndarray, "v"]
) -> tuple[Int[np.ndarray, "v"], list]:
    """Give all symbols of one kind the same class.

    Args:
        kinds: the kind of each symbol: any hashable value that says what the automaton
            needs to know of the symbol.
        allowed: a mask of the symbols of the alphabet; the others get the class -1.

    Returns:
        The class of each symbol, and the kind of each class.
    """
    number: dict[Hashable, int] = {}
    classes = np.full(len(allowed), -1, np.int32)
    for symbol in np.flatnonzero(allowed).tolist():
        classes[symbol] = number.setdefault(kinds[symbol], len(number))
    return classes, [*number]


def _label(names: list[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    if len(names) > _NAMED:
        shown += f" and {len(names) - _NAMED} more"
    return shown.replace("\\", "\\\\").replace('"', '\\"')
