"""Each planted mistake breaks its law; the strategy without the mistake breaks none.

Laws cannot find formulas that are wrong but lawful; see test_lawful_mutants.py.
"""

import pytest

from lstm_music_jax import testing
from lstm_music_jax.pytrees import static
from lstm_music_jax.strategies import Chain, Strategy
from lstm_music_jax.testing import check_strategy, laws
from lstm_music_jax.testing.laws import surroundings
from lstm_music_jax.testing.laws.surroundings import run_engine
from lstm_music_jax.testing.subject import Subject
from tests.strategies.mutants import MUTANTS, DroppedRenormalisation
from tests.strategies.rare_mutants import RARE_MUTANTS
from tests.strategies.twins import HALF, SIZED, TWINS, Counts, V

ALL = MUTANTS | RARE_MUTANTS


@pytest.mark.parametrize("name", ALL)
def test_a_mutant_breaks_its_law(name):
    mutant, law = ALL[name]
    message = rf"{type(mutant).__name__} breaks {law.__name__}\. Law: .* Found: "
    with pytest.raises(AssertionError, match=message):
        check_strategy(mutant, V)


@pytest.mark.parametrize("name", TWINS)
def test_a_correct_twin_breaks_no_law(name):
    check_strategy(TWINS[name], V)


@pytest.mark.parametrize("name", SIZED)
def test_a_size_that_fixes_a_program_is_none_of_the_hyperparameters(name):
    laws.sizes_fix_shapes(Subject(SIZED[name], V))


def test_every_law_has_a_mutant():
    elsewhere = {laws.composes_in_a_chain, laws.replays_in_the_engine}
    assert {law for _, law in ALL.values()} == set(testing.LAWS) - elsewhere


@pytest.mark.parametrize("law", [laws.shift_invariance, laws.is_pure])
def test_a_law_can_be_excepted(law):
    mutant = DroppedRenormalisation(HALF)
    if law is laws.shift_invariance:
        check_strategy(mutant, V, except_for=[law])
    else:
        with pytest.raises(AssertionError, match="breaks shift_invariance"):
            check_strategy(mutant, V, except_for=[law])


class Retold(Strategy):
    """A strategy in a faulty engine, which reports every symbol `times` times."""

    inner: Strategy
    times: int = static()

    def init(self, vocab_size):
        return self.inner.init(vocab_size)

    def apply(self, logits, state, key):
        return self.inner.apply(logits, state, key)

    def observe(self, token, state):
        for _ in range(self.times):
            state = self.inner.observe(token, state)
        return state


@pytest.mark.parametrize("times", [0, 2])
def test_an_engine_that_does_not_report_each_symbol_once_is_caught(monkeypatch, times):
    def wrong(model, prompts, key, strategy):
        return run_engine(model, prompts, key, Retold(strategy, times))

    monkeypatch.setattr(surroundings, "run_engine", wrong)
    with pytest.raises(AssertionError, match="breaks replays_in_the_engine"):
        check_strategy(Counts(HALF), V)


def test_an_engine_that_does_not_report_the_prompt_is_caught(monkeypatch):
    def wrong(model, prompts, key, strategy):
        return run_engine(model, prompts[:, 1:], key, strategy)

    monkeypatch.setattr(surroundings, "run_engine", wrong)
    with pytest.raises(AssertionError, match="breaks replays_in_the_engine"):
        check_strategy(Counts(HALF), V)


class ForgetfulChain(Chain, init=False):
    """A faulty chain, which reports no symbol to its stages."""

    def observe(self, token, state):
        return state


def test_a_chain_that_forgets_to_report_is_caught(monkeypatch):
    monkeypatch.setattr(surroundings, "Chain", ForgetfulChain)
    with pytest.raises(AssertionError, match="breaks composes_in_a_chain"):
        check_strategy(Counts(HALF), V)
