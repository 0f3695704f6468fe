"""Behaviour that strategies inherit from `Checked`: checks, repr, equality, PyTree."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax import strategies
from lstm_music_jax.fields import (
    Bounds,
    Integer,
    Integers,
    Number,
    derived,
    integer,
    integers,
    number,
    size,
)
from lstm_music_jax.generation.contexts import Carried, SlidingWindow
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.pytrees import static
from lstm_music_jax.strategies import (
    DRY,
    Chain,
    Forbid,
    MinP,
    PitchRange,
    RepetitionPenalty,
    Strategy,
    Temperature,
    TopK,
    TopP,
)
from tests.strategies.table import AUTOMATON, EVENTS, KNOWN, MODEL, NAMES, TABLE


@pytest.mark.parametrize("name", TABLE)
def test_evaluating_the_repr_gives_an_equal_strategy(name):
    strategy, vocab_size = TABLE[name]
    vocabularies = {len(known): known for known in (NAMES, EVENTS)}
    names = {
        **vars(strategies),
        **{cls.__name__: cls for cls in (Carried, SlidingWindow, Events, NoteNames)},
        "automaton": AUTOMATON,
        "corpus": KNOWN,
        "model": MODEL,
        "vocabulary": vocabularies[vocab_size],
    }
    again = eval(repr(strategy), names)
    assert again == strategy
    assert hash(again) == hash(strategy)
    assert repr(again) == repr(strategy)


def test_the_repr_is_short():
    assert repr(Chain(Temperature(0.9), TopP(0.95))) == (
        "Chain(Temperature(0.9), TopP(0.95))"
    )
    assert repr(DRY(0.8, memory=16)) == "DRY(0.8, memory=16)"
    assert repr(RepetitionPenalty(1.2, by_sign=True)) == (
        "RepetitionPenalty(1.2, by_sign=True)"
    )
    assert repr(Forbid(range(3))) == "Forbid([0, 1, 2])"
    assert repr(TopP(np.array([0.5, 0.9]))) == "TopP([0.5, 0.9])"
    assert repr(jax.device_put(TopK(3))) == "TopK(3)"


@pytest.mark.parametrize("row", [[], [1], [1, 2, 2], [1, 2, 2, 2]])
def test_the_repr_of_a_row_makes_an_equal_row_whatever_its_length(row):
    class Filled(Strategy):
        row: Integers = integers(fewest=0, pad_to=3)

    assert eval(repr(Filled(row)), {"Filled": Filled}) == Filled(row)


def test_a_traced_strategy_has_a_repr_and_a_hash():
    @jax.jit
    def trace(strategy):
        assert repr(strategy).startswith("TopP(")
        assert strategy == strategy
        hash(strategy)
        return strategy.p

    trace(TopP(0.5))


def test_equality():
    assert TopP(0.5) == TopP(np.float64(0.5)) == jax.device_put(TopP(0.5))
    assert hash(TopP(0.5)) == hash(jax.device_put(TopP(0.5)))
    assert TopP(0.5) != TopP(0.6)
    assert TopP(0.5) != MinP(0.5)
    assert TopP(0.5) != 0.5
    assert Forbid([1, 2]) == Forbid([1, 2]) != Forbid([1, 3])
    assert Forbid([1, 2]) != Forbid([1])
    assert Chain(TopP(0.5)) != TopP(0.5)
    assert len({TopP([0.1, 0.2]), TopP([0.1, 0.2]), TopP([0.1, 0.3])}) == 2


def test_leaves_are_cast_and_sizes_are_not_leaves():
    strategy = DRY(1, 2, 3, [4], 5)
    leaves = jax.tree.leaves(strategy)
    assert [leaf.dtype.name for leaf in leaves] == ["float32"] * 2 + ["int32"] * 2
    assert strategy.memory == 5
    assert type(strategy.memory) is int


def test_unflattening_checks_nothing():
    broken = jax.tree.map(lambda _: None, TopP(0.5))
    assert broken.p is None
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), TopP(0.5), TopP(0.7))
    assert stacked.p.shape == (2,)


def test_replacing_a_field_checks_again():
    low = dataclasses.replace(PitchRange(NAMES, NoteNames(), 50, 66), low=60)
    assert low == PitchRange(NAMES, NoteNames(), 60, 66)
    with pytest.raises(ValueError, match="low of PitchRange is 72; it must be such"):
        dataclasses.replace(low, low=72, high=72)


class Weighted(Strategy):
    """A strategy with one field of each kind."""

    share: Number = number(at_least=0, below=1, default=0.25)
    count: Integer = integer(default=-3)
    length: int = size(at_least=1, at_most=9, default=2)
    name: str = static(default="plain", kw_only=True)
    double: Number = derived(lambda strategy: 2 * strategy.share)

    def check(self):
        if np.any(self.share * self.length > 1):
            raise self.refusal("share", f"1/{self.length} at most")

    def apply(self, logits, state, key):
        return logits * self.double, state


def test_a_user_defined_class():
    assert repr(Weighted()) == "Weighted()"
    assert repr(Weighted(count=7)) == "Weighted(count=7)"
    assert (
        repr(Weighted(0.25, 7, 3, name="x")) == "Weighted(count=7, length=3, name='x')"
    )
    assert Weighted(0.3).double == np.float32(0.6)
    assert len(jax.tree.leaves(Weighted())) == 3
    assert dataclasses.is_dataclass(Weighted)
    with pytest.raises(dataclasses.FrozenInstanceError):
        Weighted().share = 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"share": 1}, r"share of Weighted is 1; it must be in \[0, 1\)"),
        ({"share": "a\nb"}, r"share of Weighted is a b; it must be in \[0, 1\)"),
        ({"share": [0.1, 2]}, r"share of Weighted is \[0.1, 2\]; it must be in"),
        ({"share": 0.6}, "share of Weighted is 0.6; it must be 1/2 at most"),
        ({"share": []}, r"share of Weighted is \[\]; it must be in"),
        ({"count": 2.0}, "count of Weighted is 2.0; it must be a whole number$"),
        ({"count": -(2**40)}, r"-1099511627776; .* in \[-2147483648, 2147483647\]"),
        ({"length": 10}, r"length of Weighted is 10; .* whole number in \[1, 9\]"),
        ({"length": 2.0}, "length of Weighted is 2.0; it must be a whole number"),
    ],
)
def test_a_wrong_value_is_named_in_one_line(arguments, message):
    with pytest.raises(ValueError, match=message) as error:
        Weighted(**arguments)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ({"above": 0, "at_most": 1}, "in (0, 1]"),
        ({"at_least": 0, "below": 1, "hint": "nats"}, "in [0, 1) nats"),
        ({"above": 0, "hint": "bits"}, "above 0 bits"),
        ({"at_least": 2}, "2 or more"),
        ({"below": 0.5}, "below 0.5"),
        ({"at_most": 3, "hint": "steps"}, "3 steps or less"),
        ({}, ""),
    ],
)
def test_bounds_in_words(bounds, words):
    assert str(Bounds(**bounds)) == words
