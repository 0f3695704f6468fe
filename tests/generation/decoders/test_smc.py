"""SMC: an unbiased normaliser, and samples of the exact global distribution."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.automata.automaton import Automaton
from lstm_music_jax.generation import population
from lstm_music_jax.generation.decoders import smc
from lstm_music_jax.generation.decoders.base import Choice
from lstm_music_jax.generation.decoders.smc import SMC, systematic
from lstm_music_jax.generation.draws import Arithmetic
from lstm_music_jax.generation.generate import generate
from lstm_music_jax.strategies import (
    Chain,
    Obey,
    ProductOfExperts,
    RepetitionPenalty,
    Temperature,
    TopK,
    TopP,
)
from lstm_music_jax.testing.toy_model import ToyModel
from tests.generation.decoders.enumerated import (
    KEY,
    LENGTH,
    MODEL,
    PROMPT,
    V,
    decode,
    p_value,
    require_replay,
    truth_of,
)

POPULATIONS, MEMBERS = 3000, 6
# It accepts the sequences in which 4 is followed by 0 or 1, and that end with 2 or 3.
AUTOMATON = Automaton(
    np.array([0, 0, 1, 1, 2], np.int32),
    np.array([[0, 1, 2], [0, 1, 2], [0, -1, -1]], np.int32),
    np.array([False, True, False]),
)
EXPERT = ToyModel(-MODEL.table)
TOP_K = Chain(RepetitionPenalty(1.3), TopK(3))
CASES = {
    "top-k with a penalty": (TOP_K, SMC(MEMBERS, 1.0), None),
    "top-p, few resamplings": (TopP(0.8), SMC(MEMBERS, 0.5), None),
    "temperature": (Chain(), SMC(MEMBERS, 0.7, Temperature(0.6)), None),
    "second model": (TopP(0.9), SMC(MEMBERS, 0.7, ProductOfExperts(0.6, EXPERT)), None),
    "automaton": (Obey(AUTOMATON, LENGTH), SMC(MEMBERS, 1.0), None),
    # A temperature would leave the probability 1 of a member that has ended.
    "stop": (TopK(3), SMC(MEMBERS, 1.0, ProductOfExperts(0.2, EXPERT)), 2),
}


def estimates(decoded, distribution):
    """Return the estimate of every population of the unnormalised distribution.

    The columns are the sequences. The mean of a row is the normaliser times the
    distribution.
    """
    _, notes, members = decoded
    weights = np.exp(np.float64(members.log_weights)) / members.log_weights.shape[1]
    index = distribution.find(notes.tokens)
    found = np.zeros((len(index), len(distribution.probs)))
    np.add.at(found, (np.arange(len(index))[:, None], index), weights)
    return found


def by_pairs(found, sequences):
    """Add up sequences that agree in the first symbol and in the last two."""
    groups = sequences[:, [0, -2, -1]] @ [V * V, V, 1]
    return found @ np.eye(V**3)[groups]


@cache
def run(case):
    strategy, decoder, stop = CASES[case]
    decoded = decode(decoder, strategy, POPULATIONS, stop=stop)
    truth = truth_of(strategy, target=decoder.target, stop=stop)
    return decoded, truth


def test_of(decoded, truth):
    """Return the p-values for the normaliser and for the distribution."""
    found = estimates(decoded, truth.target)
    normaliser = np.exp(truth.log_normaliser)
    wanted = normaliser * truth.target.probs
    sequences = truth.target.sequences
    return (
        p_value(found.sum(1, keepdims=True), np.array([normaliser])),
        p_value(by_pairs(found, sequences), by_pairs(wanted, sequences)),
    )


test_of.__test__ = False


@pytest.mark.parametrize("case", CASES)
def test_the_normaliser_and_the_distribution_are_unbiased(case):
    decoded, truth = run(case)
    require_replay(decoded, truth)
    found = estimates(decoded, truth.target).sum(1)
    error = found.std() / np.sqrt(POPULATIONS) / np.exp(truth.log_normaliser)
    assert error < 0.02  # so 4 standard errors are 8% of the normaliser
    assert min(test_of(decoded, truth)) > 1e-3
    # The test can tell the local distribution from the global one.
    local = truth._replace(target=truth.strategy)
    assert test_of(decoded, local)[1] < 1e-6


def test_obedient_members_have_the_distribution_given_that_the_automaton_accepts():
    truth = truth_of(Obey(AUTOMATON, LENGTH))
    sequences = truth.model.sequences
    followed = (sequences[:, :-1] != 4) | (sequences[:, 1:] < 2)
    accepted = followed.all(1) & np.isin(sequences[:, -1], [2, 3])
    share = truth.model.probs[accepted].sum()
    wanted = np.where(accepted, truth.model.probs, 0) / share
    np.testing.assert_allclose(truth.target.probs, wanted, atol=1e-6)
    np.testing.assert_allclose(truth.log_normaliser, np.log(share), atol=1e-5)


@pytest.mark.slow
def test_the_error_falls_with_the_root_of_the_number_of_members():
    """16 times the members have a fourth of the error, to 15% (3 standard errors)."""
    errors = []
    for members in (8, 128):
        decoded = decode(SMC(members, 0.5, Temperature(0.6)), TopK(4), 200)
        truth = truth_of(TopK(4), target=Temperature(0.6)).target
        found = estimates(decoded, truth)
        found = by_pairs(found / found.sum(1, keepdims=True), truth.sequences)
        wanted = by_pairs(truth.probs, truth.sequences)
        errors.append(np.sqrt(np.mean((found - wanted) ** 2)))
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.15)


def test_a_picked_member_is_drawn_in_proportion_to_the_weights():
    log_weights = jnp.log(jnp.float32([0.0, 1.0, 3.0]))
    keys = jax.random.split(KEY, 4000)
    picked = jax.vmap(SMC(3).pick, (None, 0))(log_weights, keys)
    shares = np.bincount(picked, minlength=3) / len(keys)
    # 5 standard errors
    np.testing.assert_allclose(shares, [0, 0.25, 0.75], atol=0.035)
    assert shares[0] == 0


def test_systematic_resampling_has_the_exact_means_and_rounds_up_or_down():
    weights = jnp.float32([0.0, 0.5, 1.7, 0.0, 0.1, 2.2, 0.0])
    keys = jax.random.split(KEY, 20_000)
    ancestors = jax.vmap(systematic, (None, 0))(weights, keys)
    assert np.all(np.diff(ancestors, axis=1) >= 0)
    children = np.sum(np.asarray(ancestors)[:, :, None] == np.arange(7), axis=1)
    wanted = 7 * np.asarray(weights) / np.sum(weights)
    np.testing.assert_allclose(children.mean(0), wanted, atol=0.018)
    assert np.all((children == np.floor(wanted)) | (children == np.ceil(wanted)))


def test_rounding_revives_no_member_without_weight():
    """The sums of the weights may grow at a member that adds nothing."""
    rng = np.random.default_rng(0)
    weights = rng.exponential(size=(64, 300)) * (rng.random((64, 300)) < 0.3)
    keys = jax.random.split(KEY, 64)
    ancestors = jax.vmap(systematic)(jnp.float32(weights), keys)
    assert np.all(np.take_along_axis(weights, np.asarray(ancestors), 1) > 0)
    # The fourth point lies where a sum grows by rounding alone.
    point = (np.float32(3) + np.float32(0.5)) / np.float32(5) * np.float32(3)
    above = np.nextafter(point, np.float32(9))
    sums = jnp.array([0, point, above, above, 3], jnp.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(smc.jnp, "cumsum", lambda weights: sums)
        patch.setattr(smc.jax.random, "uniform", lambda key: jnp.float32(0.5))
        ancestors = systematic(jnp.float32([0, 2, 0, 0, 1]), KEY)
    assert jnp.searchsorted(sums, point, side="right") == 2
    assert set(np.asarray(ancestors)) <= {1, 4}


def test_populations_without_any_weight_stay_without():
    class Nothing(Temperature):
        def apply(self, logits, state, key):
            return jnp.full_like(logits, -jnp.inf), state

    _, _, members = decode(SMC(3, 1.0, Nothing(1.0)), populations=2)
    np.testing.assert_array_equal(members.log_weights, -np.inf)


def test_a_draw_whose_copies_draw_alike_is_refused():
    with pytest.raises(ValueError, match="with SMC it must be one without a s"):
        generate(
            MODEL,
            jnp.asarray(PROMPT[None]),
            KEY,
            length=2,
            draw=Arithmetic(),
            decoder=SMC(4),
        )


# Mistakes that the tests above must find.


class ForgottenWeights(SMC):
    """Keeps no weight from one symbol to the next."""

    def choose(self, candidates, state, key):
        zeros = jnp.zeros_like(candidates.log_weights)
        return super().choose(candidates._replace(log_weights=zeros), state, key)


class KeptWeights(SMC):
    """Does not level the weights after resampling."""

    def choose(self, candidates, state, key):
        choice, state = super().choose(candidates, state, key)
        rows = jnp.arange(self.members)
        ratios = candidates.log_probs - candidates.strategy_log_probs
        weights = candidates.log_weights + ratios[rows, candidates.drawn]
        return choice._replace(log_weights=weights[choice.ancestors]), state


class BiasedResampling(SMC):
    """Resamples in proportion to the square roots of the weights."""

    def choose(self, candidates, state, key):
        rows = jnp.arange(self.members)
        ratios = candidates.log_probs - candidates.strategy_log_probs
        weights = candidates.log_weights + ratios[rows, candidates.drawn]
        ancestors = systematic(jnp.exp(0.5 * weights), key)
        level = jax.nn.logsumexp(weights) - jnp.log(jnp.float32(self.members))
        levels = jnp.full(self.members, level)
        return Choice(ancestors, candidates.drawn[ancestors], levels), state


class SharedNoise(SMC):
    """Lets all members that have equal distributions draw the same symbol."""

    def choose(self, candidates, state, key):
        noise = jax.random.gumbel(key, (1, candidates.log_probs.shape[1]))
        drawn = jnp.argmax(candidates.strategy_log_probs + noise, axis=1)
        drawn = drawn.astype(jnp.int32)
        return super().choose(candidates._replace(drawn=drawn), state, key)


@pytest.mark.parametrize("mutant", [ForgottenWeights, KeptWeights, BiasedResampling])
def test_wrong_weights_and_resampling_are_caught(mutant):
    decoded = decode(mutant(MEMBERS, 1.0), TOP_K, POPULATIONS)
    assert min(test_of(decoded, run("top-k with a penalty")[1])) < 1e-6


def test_shared_noise_is_caught():
    """It leaves the means as they are, but the error does not fall."""
    decoded, truth = run("top-k with a penalty")
    shared = decode(SharedNoise(MEMBERS, 1.0), TOP_K, POPULATIONS)
    error = estimates(decoded, truth.target).sum(1).std()
    assert estimates(shared, truth.target).sum(1).std() > 1.3 * error


@pytest.mark.parametrize("kept", ["memory", "strategy_state"])
def test_a_state_that_is_not_gathered_is_caught(kept, monkeypatch):
    follow = population._follow

    def forgetful(sampler, trace, members, reading, choice):
        stream, note = follow(sampler, trace, members, reading, choice)
        everyone = jnp.arange(len(choice.tokens))
        own = follow(
            sampler, trace, members, reading, choice._replace(ancestors=everyone)
        )
        return stream._replace(**{kept: getattr(own[0], kept)}), note

    truth = run("top-k with a penalty")[1]
    monkeypatch.setattr(population, "_follow", forgetful)
    decoded = decode(SMC(MEMBERS, 1.0), TOP_K, 20)
    with pytest.raises(AssertionError):
        require_replay(decoded, truth)
