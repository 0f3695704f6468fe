"""Every decoder keeps every law, and each planted mistake breaks one."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.generation.decoders.base import Choice
from lstm_music_jax.generation.decoders.beam_search import BeamSearch
from lstm_music_jax.generation.decoders.best_of import BestOf
from lstm_music_jax.generation.decoders.contrastive_search import ContrastiveSearch
from lstm_music_jax.generation.decoders.diverse_beam_search import DiverseBeamSearch
from lstm_music_jax.generation.decoders.independent import Independent
from lstm_music_jax.generation.decoders.smc import SMC
from lstm_music_jax.generation.decoders.stochastic_beam import StochasticBeam
from lstm_music_jax.strategies import Chain, RepetitionPenalty, Temperature
from lstm_music_jax.testing import check_decoder, decoder_laws as laws

# Operations that run one by one are compiled once for all decoders of one size.
V, MEMBERS = 11, 4
DECODERS = (
    Independent(MEMBERS),
    BestOf(MEMBERS, 1.0),
    BeamSearch(MEMBERS, 0.7),
    DiverseBeamSearch(MEMBERS, 2, 0.8),
    StochasticBeam(MEMBERS),
    ContrastiveSearch(MEMBERS, 0.6, memory=5),
    SMC(MEMBERS, 1.0),
    SMC(MEMBERS, 0.5, Chain(RepetitionPenalty(1.2), Temperature(0.7))),
)


@pytest.mark.slow
@pytest.mark.parametrize("decoder", DECODERS, ids=repr)
def test_every_decoder_keeps_every_law(decoder):
    check_decoder(decoder, V)


class FloatTokens(Independent):
    def choose(self, candidates, state, key):
        choice, state = super().choose(candidates, state, key)
        return choice._replace(tokens=choice.tokens.astype(jnp.float32)), state


class GrowingState(Independent):
    def init(self, vocab_size, prompt, key):
        return jnp.int32(0)

    def choose(self, candidates, state, key):
        choice, _ = super().choose(candidates, state, key)
        return choice, state.astype(jnp.float32)


class FixedNoise(Independent):
    def pick(self, log_weights, key):
        return jax.random.randint(jax.random.key(0), (), 0, self.members)


class NumpyNoise(BeamSearch):
    def choose(self, candidates, state, key):
        noise = np.random.default_rng().gumbel(size=(self.members, V))
        noisy = candidates.strategy_log_probs + noise.astype(np.float32)
        candidates = candidates._replace(strategy_log_probs=noisy)
        return super().choose(candidates, state, key)


class FlatIndices(BeamSearch):
    """Forgets that the best candidates are numbered through all members."""

    def choose(self, candidates, state, key):
        choice, state = super().choose(candidates, state, key)
        return choice._replace(tokens=choice.tokens + V * choice.ancestors), state


class PicksTheWorst(BeamSearch):
    def pick(self, log_weights, key):
        return jnp.argmin(log_weights).astype(jnp.int32)


class NotANumber(SMC):
    """Computes 0 / 0."""

    def choose(self, candidates, state, key):
        choice, state = super().choose(candidates, state, key)
        weights = jnp.exp(candidates.log_weights)
        return choice._replace(log_weights=jnp.log(weights / weights * 0)), state


class IgnoresTheStrategy(BeamSearch):
    def choose(self, candidates, state, key):
        candidates = candidates._replace(strategy_log_probs=candidates.log_probs)
        return super().choose(candidates, state, key)


class Revives(SMC):
    """Gives every member the weight 1 after each symbol."""

    def first_log_weights(self, key):
        first = jnp.arange(self.members) == 0
        return jnp.where(first, jnp.float32(0), -jnp.inf)

    def choose(self, candidates, state, key):
        everyone = jnp.arange(self.members, dtype=jnp.int32)
        weights = jnp.zeros(self.members, jnp.float32)
        return Choice(everyone, candidates.drawn, weights), state


class KillsAll(Independent):
    def choose(self, candidates, state, key):
        choice, state = super().choose(candidates, state, key)
        weights = jnp.full(self.members, -jnp.inf, jnp.float32)
        return choice._replace(log_weights=weights), state


class OneForAll(Independent):
    """Gives all populations of a batch the weights of the first one."""

    def choose(self, candidates, state, key):
        leak = jax.custom_batching.custom_vmap(lambda x: x)

        @leak.def_vmap
        def first(size, batched, x):
            return jnp.broadcast_to(x[:1], x.shape), True

        choice, state = super().choose(candidates, state, key)
        return choice._replace(log_weights=leak(candidates.total_log_prob)), state


class OtherIfCompiled(Independent):
    def choose(self, candidates, state, key):
        choice, state = super().choose(candidates, state, key)
        if isinstance(candidates.drawn, jax.core.Tracer):
            return choice._replace(log_weights=choice.log_weights + 1), state
        return choice, state


class KeepsThePrompt(Independent):
    """Keeps the prompt in an attribute and not in its state."""

    def init(self, vocab_size, prompt, key):
        object.__setattr__(self, "first", prompt.tokens[0].astype(jnp.float32))
        return ()

    def choose(self, candidates, state, key):
        choice, state = super().choose(candidates, state, key)
        return choice._replace(log_weights=choice.log_weights + self.first), state


MUTANTS = {
    FloatTokens: laws.choices_have_shapes_and_dtypes,
    GrowingState: laws.choices_have_shapes_and_dtypes,
    FixedNoise: laws.noise_comes_from_its_key,
    NumpyNoise: laws.is_pure,
    FlatIndices: laws.ancestors_and_tokens_exist,
    PicksTheWorst: laws.a_picked_member_counts,
    NotANumber: laws.weights_are_numbers,
    IgnoresTheStrategy: laws.forbidden_symbols_have_no_weight,
    Revives: laws.dead_members_stay_out,
    KillsAll: laws.someone_is_left,
    OneForAll: laws.populations_are_independent,
    OtherIfCompiled: laws.jit_equals_eager,
    KeepsThePrompt: laws.continues_in_the_engine,
}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_mutant_breaks_its_law(mutant):
    with pytest.raises(AssertionError, match=f" breaks {MUTANTS[mutant].__name__}"):
        check_decoder(mutant(MEMBERS), V)


def test_every_law_is_broken_by_a_mutant():
    assert set(MUTANTS.values()) == set(laws.DECODER_LAWS)
