"""Patterns: regular expressions over symbols, and their automata.

    matching(InOrder(Repeat(AnySymbol()), Sounding([0])), vocabulary, encoding)

matches the pieces that end with a symbol that sounds only the pitch class C.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from lstm_music_jax.automata.automaton import Automaton, alphabet, explored, grouped
from lstm_music_jax.automata.operations import minimised
from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.vocabulary import Vocabulary


@dataclass(frozen=True)
class AnySymbol:
    """Matches any one symbol."""


@dataclass(frozen=True)
class OneOf:
    """Matches one of the given symbols.

    Attributes:
        symbols: the symbols, such as ["C4", "E4"].
    """

    symbols: Iterable[str]


@dataclass(frozen=True)
class Sounding:
    """Matches one symbol that strikes pitches, all of them of the given pitch classes.

    Attributes:
        classes: pitch classes, 0 (C) to 11 (B).
    """

    classes: Iterable[int]


@dataclass(frozen=True, init=False)
class InOrder:
    """Matches what the parts match, one after another.

    Without parts, it matches the empty sequence.
    """

    parts: tuple["Pattern", ...]

    def __init__(self, *parts: "Pattern"):
        object.__setattr__(self, "parts", parts)


@dataclass(frozen=True, init=False)
class Either:
    """Matches what any of the parts matches."""

    parts: tuple["Pattern", ...]

    def __init__(self, *parts: "Pattern"):
        object.__setattr__(self, "parts", parts)


@dataclass(frozen=True)
class Repeat:
    """Matches several times in a row what a part matches.

    Each time, the part may match other symbols.

    Attributes:
        part: the pattern that is repeated.
        least: the smallest number of times.
        most: the largest number of times; None for any number.
    """

    part: "Pattern"
    least: int = 0
    most: int | None = None

    def __post_init__(self) -> None:
        if self.least < 0 or (self.most is not None and self.most < self.least):
            raise ValueError(
                f"least is {self.least} and most is {self.most}; least must be 0 or "
                "more, and most must not be below it"
            )


Pattern = AnySymbol | OneOf | Sounding | InOrder | Either | Repeat


def matching(pattern: Pattern, vocabulary: Vocabulary, encoding: Encoding) -> Automaton:
    """Return the automaton of pieces that match a pattern as a whole.

    Args:
        pattern: `AnySymbol`, `OneOf`, `Sounding`, `InOrder`, `Either` or `Repeat`.
        vocabulary: the vocabulary of the model.
        encoding: the encoding of the symbols.

    Raises:
        ValueError: a part of the pattern is none of these, or a symbol is unknown, or
            there are too many states.

    Reference: Thompson 1968, Regular Expression Search Algorithm.
    """
    machine = _Machine(vocabulary, encoding)
    start, end = machine.new(), machine.new()
    machine.add(pattern, start, end)
    # Symbols that the same steps of the machine accept are of one kind.
    masks = np.array([mask for _, mask, _ in machine.steps], bool)
    masks = masks.reshape(-1, len(vocabulary))
    kinds = [*map(bytes, masks.T)]
    classes, kinds = grouped(kinds, alphabet(vocabulary))

    def step(places, group):
        accepted = kinds[group]
        after = {
            target
            for (source, _, target), fits in zip(machine.steps, accepted, strict=True)
            if fits and source in places
        }
        return machine.closure(after) if after else None

    first = machine.closure({start})
    return minimised(explored(first, step, lambda places: end in places, classes))


class _Machine:
    """A nondeterministic automaton, which may be in several of its states at once.

    Its states are called places, and numbered.

    Attributes:
        steps: for each step, the place where it begins, a mask of the symbols that it
            reads, and the place to which it leads.
    """

    def __init__(self, vocabulary: Vocabulary, encoding: Encoding):
        self.vocabulary, self.encoding = vocabulary, encoding
        self.steps: list[tuple[int, Bool[np.ndarray, v], int]] = []
        # The places that are reached without reading a symbol.
        self._silent: list[list[int]] = []

    def new(self) -> int:
        """Add a place, and return its number."""
        self._silent.append([])
        return len(self._silent) - 1

    def add(self, pattern: object, start: int, end: int) -> None:
        """Add steps, so that reading what a pattern matches leads from start to end."""
        match pattern:
            case InOrder(parts):
                for part in parts:
                    after = self.new()
                    self.add(part, start, after)
                    start = after
                self._silent[start].append(end)
            case Either(parts):
                for part in parts:
                    self.add(part, start, end)
            case Repeat(part, least, most):
                for _ in range(least):
                    after = self.new()
                    self.add(part, start, after)
                    start = after
                self._repeat(part, start, end, None if most is None else most - least)
            case _:
                self.steps.append((start, self._mask(pattern), end))

    def _repeat(self, part: object, start: int, end: int, most: int | None) -> None:
        """Add steps from `start` to `end` that read a part 0 to `most` times.

        If `most` is None, they read it any number of times.
        """
        if most is None:
            loop = self.new()
            self._silent[start].append(loop)
            self.add(part, loop, loop)
            self._silent[loop].append(end)
            return
        self._silent[start].append(end)
        for _ in range(most):
            after = self.new()
            self.add(part, start, after)
            self._silent[after].append(end)
            start = after

    def _mask(self, pattern: object) -> Bool[np.ndarray, "v"]:
        """Return a mask of the symbols that a pattern of one symbol matches.

        Such a pattern is `AnySymbol`, `OneOf` or `Sounding`.
        """
        symbols = self.vocabulary.symbols
        match pattern:
            case AnySymbol():
                return np.ones(len(symbols), bool)
            case OneOf(chosen):
                mask = np.zeros(len(symbols), bool)
                mask[self.vocabulary.ids_of([*chosen], "OneOf")] = True
                return mask
            case Sounding(classes):
                sounds = [{n % 12 for n in self.encoding.pitches(s)} for s in symbols]
                return np.array([bool(s) and s <= {*classes} for s in sounds])
        raise ValueError(
            f"pattern holds {pattern!r}; it must hold AnySymbol, OneOf, Sounding, "
            "InOrder, Either or Repeat"
        )

    def closure(self, places: set[int]) -> frozenset[int]:
        """Return `places` and all places that they lead to without reading a symbol."""
        found, waiting = set(places), [*places]
        while waiting:
            new = set(self._silent[waiting.pop()]) - found
            found |= new
            waiting += new
        return frozenset(found)
