"""Every strategy keeps every law."""

import inspect

import pytest

from lstm_music_jax import strategies
from lstm_music_jax.testing import check_strategy, laws
from tests.strategies.table import TABLE

# `Force` makes a symbol possible even if an earlier stage forbade it. Until the time
# moves, a second strike of a pitch does not change the state of `WellFormed`.
ON_PURPOSE = {
    "Force": (laws.forbidden_stays_forbidden,),
    "WellFormed": (laws.keeps_observing,),
}


@pytest.mark.parametrize("name", TABLE)
def test_laws(name):
    strategy, vocab_size = TABLE[name]
    check_strategy(strategy, vocab_size, except_for=ON_PURPOSE.get(name, ()))


def test_every_strategy_has_a_row():
    classes = {
        name
        for name, value in vars(strategies).items()
        if inspect.isclass(value) and issubclass(value, strategies.Strategy)
    }
    assert {name.split(":")[0] for name in TABLE} == classes - {"Strategy"}
