"""Operations on automata: union, intersection, complement, and the smallest automaton.

The language of an automaton is the set of all sequences that it accepts. Its alphabet
is the set of symbols that it can read. They are divided into classes. Every state
treats all symbols of one class alike.
"""

import numpy as np
from jaxtyping import Bool, Int
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, dijkstra

from lstm_music_jax.automata.automaton import Automaton, require_size
from lstm_music_jax.music.vocabulary import Vocabulary


def intersection(*automata: Automaton) -> Automaton:
    """Return the automaton that accepts what all of the automata accept.

    Only states that can be reached are made, but a single automaton is returned as it
    is. States from which nothing is accepted are kept, so that an error can say how far
    a sequence can be read; `minimised` removes them.

    The automata are combined one after another.

    Raises:
        ValueError: no automata are given, they differ in their numbers of symbols, or
            the result of one combination has too many states.
    """
    return _combined(automata, both=True)


def union(*automata: Automaton) -> Automaton:
    """Return the automaton that accepts what any of the automata accepts.

    The automata are combined one after another.

    Raises:
        ValueError: no automata are given, they differ in their numbers of symbols, or
            the result of one combination has too many states.
    """
    return _combined(automata, both=False)


def complement(automaton: Automaton) -> Automaton:
    """Return the automaton that accepts what `automaton` refuses.

    The result reads the same symbols as `automaton`. A sequence that holds any other
    symbol is accepted by neither.
    """
    states, classes = automaton.transitions.shape
    # One more state is where all sequences go that could not be read.
    transitions = np.where(automaton.transitions < 0, states, automaton.transitions)
    refused = np.full((1, classes), states)
    return Automaton(
        automaton.classes,
        np.concatenate([transitions, refused]).astype(np.int32),
        np.append(~automaton.accepting, True),
    )


def ended(automaton: Automaton, vocabulary: Vocabulary) -> Automaton:
    """Return the automaton of pieces that end with the end symbol.

    It accepts each sequence that `automaton` accepts, followed by one or more end
    symbols. So with `Obey(ended(automaton), 200)` and `compose(..., until_end=True)`,
    each piece ends within 200 symbols, and `automaton` accepts the symbols before the
    end symbol.

    Args:
        automaton: reads the piece. If it can read end symbols too, the sequences that
            hold them do not count.
        vocabulary: the vocabulary, which has an end symbol.

    Raises:
        ValueError: the vocabulary has no end symbol.
    """
    end = vocabulary.end_id
    if end is None:
        raise ValueError(
            "vocabulary has no end symbol; ended needs a model that was trained with "
            "one"
        )
    states, columns = automaton.transitions.shape
    classes = automaton.classes.copy()
    classes[end] = columns
    transitions = np.full((states + 1, columns + 1), -1, np.int32)
    transitions[:states, :columns] = automaton.transitions
    transitions[:states, columns] = np.where(automaton.accepting, states, -1)
    transitions[states, columns] = states
    accepting = np.zeros(states + 1, bool)
    accepting[states] = True
    # The end symbol may have been the only one of its class.
    return Automaton(*_merged_classes(classes, transitions), accepting)


def minimised(automaton: Automaton) -> Automaton:
    """Return the smallest automaton with the same language and alphabet.

    Its classes are numbered in the order of their first symbols, and its states in the
    order in which they are reached. So two automata with equal languages and alphabets
    give equal tables.

    Reference: Moore 1956, Gedanken-Experiments on Sequential Machines.
    """
    automaton = _trimmed(automaton)
    distances = _distances(automaton)
    blocks = _blocks(automaton, distances)
    _, firsts = np.unique(blocks, return_index=True)
    transitions = np.append(blocks, -1)[automaton.transitions[firsts]]
    classes, transitions = _merged_classes(automaton.classes, transitions)
    order = _order(transitions, int(blocks[0]))
    numbers = np.full(len(order) + 1, -1)
    numbers[order] = np.arange(len(order))
    return Automaton(
        classes,
        numbers[transitions[order]].astype(np.int32),
        automaton.accepting[firsts][order],
    )


def _trimmed(automaton: Automaton) -> Automaton:
    """Return the automaton with only the states that some accepted sequence visits.

    The start is kept even if nothing is accepted.
    """
    kept = _reachable(automaton) & (_distances(automaton) >= 0)
    if not kept[0]:
        # Nothing is accepted.
        kept = np.arange(len(automaton)) == 0
        transitions = np.full((1, automaton.transitions.shape[1]), -1)
    else:
        numbers = np.where(kept, np.cumsum(kept) - 1, -1)
        transitions = np.append(numbers, -1)[automaton.transitions[kept]]
    return Automaton(
        automaton.classes, transitions.astype(np.int32), automaton.accepting[kept]
    )


def _combined(automata: tuple[Automaton, ...], both: bool) -> Automaton:
    if not automata:
        raise ValueError("automata is empty; give one automaton or more")
    sizes = {len(automaton.classes) for automaton in automata}
    if len(sizes) > 1:
        raise ValueError(
            f"automata read {min(sizes)} and {max(sizes)} symbols; all of them must "
            "have the same vocabulary"
        )
    result = automata[0]
    for automaton in automata[1:]:
        result = _product(result, automaton, both)
    return result


def _product(one: Automaton, other: Automaton, both: bool) -> Automaton:
    """Return the automaton that reads a sequence with two automata at the same time.

    Each state of the result is a pair of states, one of each automaton. If one of the
    automata cannot read on, a dead state stands in its place. With `both`, both
    automata must accept; otherwise one of them is enough.
    """
    in_both = (one.classes >= 0) & (other.classes >= 0)
    in_any = (one.classes >= 0) | (other.classes >= 0)
    pairs = np.stack([one.classes, other.classes], axis=1)
    used, found = np.unique(
        pairs[in_both if both else in_any], axis=0, return_inverse=True
    )
    classes = np.full(len(pairs), -1, np.int32)
    classes[in_both if both else in_any] = found.reshape(-1)
    width = len(other) + 1
    first, second = (
        _with_dead(automaton, used[:, column])
        for column, automaton in enumerate((one, other))
    )

    def targets(codes):
        left, right = first[codes // width], second[codes % width]
        pair = left.astype(np.int64) * width + right
        dead_left, dead_right = left == len(one), right == len(other)
        dead = dead_left | dead_right if both else dead_left & dead_right
        return np.where(dead, -1, pair)

    codes, transitions = _reached(targets)
    left = np.append(one.accepting, False)[codes // width]
    right = np.append(other.accepting, False)[codes % width]
    return Automaton(classes, transitions, left & right if both else left | right)


def _with_dead(
    automaton: Automaton, columns: Int[np.ndarray, "used"]
) -> Int[np.ndarray, "states_and_dead used"]:
    """Return columns of the transitions, with a dead state in place of every -1.

    The dead state is one more row, whose symbols all lead back to it.

    Args:
        automaton: the automaton.
        columns: the columns to return. -1 stands for the symbols that the automaton
            cannot read, which lead to the dead state.
    """
    states, classes = automaton.transitions.shape
    table = np.full((states + 1, classes + 1), states)
    live = automaton.transitions >= 0
    table[:states, :classes][live] = automaton.transitions[live]
    # The column of -1, which the automaton cannot read, is the last one.
    return table[:, columns]


def _reached(targets) -> tuple[Int[np.ndarray, "states"], Int[np.ndarray, "states k"]]:
    """Return the codes that can be reached from code 0, and their transitions.

    A code is an integer that names a state. `targets(codes)` returns the next code for
    each of the codes and each class, `[codes k]`; -1 for none.

    Returns:
        The codes that can be reached, the first of which is 0.
        For each of them and each class, the index of the next code among them, or -1.
    """
    number = {0: 0}
    frontier = np.zeros(1, np.int64)
    rows = []
    while frontier.size:
        after = targets(frontier)
        rows.append(after)
        new = [code for code in np.unique(after).tolist() if code not in number]
        new = [code for code in new if code >= 0]
        number.update(zip(new, range(len(number), len(number) + len(new)), strict=True))
        require_size("automaton", len(number), " or more")
        frontier = np.array(new, np.int64)
    codes = np.fromiter(number, np.int64, len(number))
    order = np.argsort(codes)
    after = np.concatenate(rows)
    places = np.searchsorted(codes[order], np.maximum(after, 0))
    return codes, np.where(after < 0, -1, order[places]).astype(np.int32)


def _reachable(automaton: Automaton) -> Bool[np.ndarray, "states"]:
    """Return whether each state can be reached from the start."""
    sources, targets = _edges(automaton)
    states = len(automaton)
    forward = csr_array(
        (np.ones(len(sources), np.int8), (sources, targets)), shape=(states, states)
    )
    reached = np.zeros(states, bool)
    reached[breadth_first_order(forward, 0, return_predecessors=False)] = True
    return reached


def _distances(automaton: Automaton) -> Int[np.ndarray, "states"]:
    """Return the length of the shortest sequence from each state to an accepting one.

    It is 0 for an accepting state, and -1 if no sequence leads to one.
    """
    sources, targets = _edges(automaton)
    states = len(automaton)
    # The search begins in one more state, one step from all accepting ones.
    goals = np.flatnonzero(automaton.accepting)
    begins = np.concatenate([targets, np.full(len(goals), states)])
    ends = np.concatenate([sources, goals])
    backward = csr_array(
        (np.ones(len(begins), np.int8), (begins, ends)), shape=(states + 1, states + 1)
    )
    found = dijkstra(backward, indices=states, unweighted=True)[:states]
    return np.where(np.isfinite(found), found - 1, -1).astype(np.int64)


def _edges(
    automaton: Automaton,
) -> tuple[Int[np.ndarray, "edges"], Int[np.ndarray, "edges"]]:
    """Return for each transition the state where it begins and where it leads."""
    sources, groups = np.nonzero(automaton.transitions >= 0)
    return sources, automaton.transitions[sources, groups]


def _blocks(
    automaton: Automaton, distances: Int[np.ndarray, "states"]
) -> Int[np.ndarray, "states"]:
    """Return a number for each state, equal for states that accept the same sequences.

    States with the same number are a block. At first, states with equal `distances` are
    a block. Blocks are split until, for each class of symbols, all states of a block
    lead to the same block. The row of a state holds the blocks to which it leads. Each
    block and each class has a random number. Rows are compared by 64-bit sums of the
    products of these numbers. By chance, two different rows may have equal sums. So at
    the end whole rows are compared. If any differ, the search goes on with other random
    numbers.

    Args:
        automaton: the automaton.
        distances: for each state, the length of the shortest sequence that leads from
            it to an accepting state; -1 if there is none.
    """
    rng = np.random.default_rng(0)
    transitions = automaton.transitions
    # Equal states have equal distances to acceptance, and only 0 is accepting.
    _, blocks = np.unique(distances, return_inverse=True)
    while True:
        count = blocks.max() + 1
        weights = rng.integers(2**63, size=transitions.shape[1], dtype=np.uint64)
        of_block = rng.integers(2**63, size=count + 1, dtype=np.uint64)
        rows = of_block[np.append(blocks, count)[transitions]]
        sums = rows @ (2 * weights + 1) + of_block[blocks] * np.uint64(3)
        _, split = np.unique(sums, return_inverse=True)
        if split.max() + 1 <= count:
            _, firsts = np.unique(blocks, return_index=True)
            rows = np.append(blocks, -1)[transitions]
            if np.array_equal(rows, rows[firsts[blocks]]):
                return blocks
        else:
            blocks = split


def _merged_classes(
    classes: Int[np.ndarray, "v"], transitions: Int[np.ndarray, "states classes"]
) -> tuple[Int[np.ndarray, "v"], Int[np.ndarray, "states merged"]]:
    """Merge the classes whose columns of `transitions` are equal.

    The new classes are numbered in the order of their first symbols.

    Returns:
        The new class of each symbol, and the transitions with a column per new class.
    """
    _, kinds = np.unique(transitions, axis=1, return_inverse=True)
    of_symbol = np.where(classes < 0, -1, np.append(kinds.reshape(-1), -1)[classes])
    number: dict[int, int] = {-1: -1}
    columns: list[int] = []
    for kind, column in zip(of_symbol.tolist(), classes.tolist(), strict=True):
        if kind not in number:
            number[kind] = len(columns)
            columns.append(column)
    merged = np.array([number[kind] for kind in of_symbol.tolist()], np.int32)
    return merged, transitions[:, np.array(columns, int)]


def _order(
    transitions: Int[np.ndarray, "states classes"], start: int
) -> Int[np.ndarray, "states"]:
    """Return the states in the order in which a search from `start` finds them.

    It is breadth-first. States that cannot be reached are left out.
    """
    seen = np.zeros(len(transitions) + 1, bool)
    # The target -1 counts as seen.
    seen[[start, -1]] = True
    levels = [np.array([start])]
    while levels[-1].size:
        after = transitions[levels[-1]].reshape(-1)
        after = after[~seen[after]]
        _, firsts = np.unique(after, return_index=True)
        levels.append(after[np.sort(firsts)])
        seen[levels[-1]] = True
    return np.concatenate(levels)
