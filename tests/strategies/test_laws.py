"""Every strategy keeps every law."""

import inspect

import pytest

from lstm_music_jax import strategies
from lstm_music_jax.testing import check_strategy, laws
from tests.strategies.table import TABLE

# Helpers for writing a strategy, which return none.
NO_FACTORIES = {"hyperparameter", "pytree", "static"}
# Asking for a symbol by its number outweighs what forbade it.
ON_PURPOSE = {"force": (laws.forbidden_stays_forbidden,)}


@pytest.mark.parametrize("name", TABLE)
def test_laws(name):
    strategy, vocab_size = TABLE[name]
    check_strategy(strategy, vocab_size, except_for=ON_PURPOSE.get(name, ()))


def test_every_factory_has_a_row():
    factories = {
        name
        for name in strategies.__all__
        if inspect.isfunction(getattr(strategies, name))
    }
    assert {name.split(":")[0] for name in TABLE} == factories - NO_FACTORIES
