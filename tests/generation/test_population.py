"""Populations: members that compete, against single streams and against one call."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.generation.contexts import Carried, SlidingWindow
from lstm_music_jax.generation.decoders.beam_search import BeamSearch
from lstm_music_jax.generation.decoders.independent import Independent
from lstm_music_jax.generation.decoders.smc import SMC
from lstm_music_jax.generation.decoders.stochastic_beam import StochasticBeam
from lstm_music_jax.generation.draws import Arithmetic, Gumbel
from lstm_music_jax.generation.generate import generate
from lstm_music_jax.generation.sweep import stack, sweep
from lstm_music_jax.strategies import (
    DRY,
    XTC,
    Chain,
    Forbid,
    Guidance,
    RepetitionPenalty,
    Temperature,
    TopP,
)
from lstm_music_jax.testing.toy_model import ToyModel

KEY = jax.random.key(7)
V, POPULATIONS, LENGTH = 9, 3, 8
MODEL = ToyModel(np.random.default_rng(0).normal(0, 1.2, (V, V)).astype(np.float32))
PROMPTS = jax.random.randint(jax.random.key(3), (POPULATIONS, 3), 0, V)
ONE_DEVICE = jax.devices()[:1]
WARM = Chain(RepetitionPenalty(1.1), Temperature(1.3), TopP(0.93))
GUIDED = Guidance(1.37, MODEL, [2, 3], context=Carried())

# Strategies with and without states and keys, with every context and draw.
SINGLE = {
    "a chain": (WARM, Carried(), Gumbel(), 3),
    "a chain, one member": (WARM, SlidingWindow(4), Gumbel(), 1),
    "XTC": (XTC(0.11, 0.6), Carried(), Arithmetic(), 1),
    "DRY": (DRY(0.83, 1.71, 1), Carried(), Arithmetic(), 3),
    "Guidance": (GUIDED, SlidingWindow(3), Gumbel(), 3),
}


def flat(tree):
    """Return arrays `[b m ...]` as arrays of single streams."""

    def joined(leaf):
        groups, members, *rest = leaf.shape
        return np.reshape(leaf, (groups * members, *rest))

    return jax.tree.map(joined, tree)


@pytest.mark.slow
@pytest.mark.parametrize("name", SINGLE)
def test_independent_members_are_single_streams(name):
    """Member i of population g is stream g m + i: symbols, figures and states."""
    strategy, context, draw, members = SINGLE[name]
    settings = {
        "length": LENGTH,
        "strategy": strategy,
        "context": context,
        "draw": draw,
        "stop": 2,
        "trace": True,
        "devices": ONE_DEVICE,
    }
    prompts = jnp.repeat(PROMPTS, members, axis=0)
    single = generate(MODEL, prompts, KEY, **settings)
    many = generate(MODEL, PROMPTS, KEY, decoder=Independent(members), **settings)
    np.testing.assert_array_equal(flat(many.tokens), single.tokens)
    np.testing.assert_array_equal(flat(many.lengths), single.lengths)
    assert len(set(single.lengths.tolist())) > 1
    for one, other in (
        (flat(many[1:4]), single[1:4]),
        (flat(many.streams.state.members), single.streams.state),
    ):
        for a, b in zip(*map(jax.tree.leaves, (one, other)), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    state = many.streams.state
    np.testing.assert_allclose(
        state.total_log_prob, np.sum(many.log_probs, axis=-1), rtol=1e-5, atol=1e-5
    )
    ended = np.minimum(np.asarray(many.lengths) + 1, LENGTH)
    np.testing.assert_array_equal(state.length, ended)


DECODERS = {
    "beam": (BeamSearch(5, 0.7), 2),
    "stochastic beam": (StochasticBeam(5), None),
    "SMC": (SMC(6, 1.0, RepetitionPenalty(0.8)), None),
}


@pytest.fixture(scope="module", params=DECODERS)
def decoded(request):
    decoder, stop = DECODERS[request.param]
    settings = {"strategy": WARM, "decoder": decoder, "stop": stop, "trace": True}
    settings["context"] = SlidingWindow(4)
    whole = generate(MODEL, PROMPTS, KEY, length=LENGTH, devices=ONE_DEVICE, **settings)
    return whole, settings


def test_two_calls_give_the_same_as_one(decoded):
    whole, settings = decoded
    half = LENGTH // 2
    first = generate(MODEL, PROMPTS, KEY, length=half, devices=ONE_DEVICE, **settings)
    more = generate(MODEL, first.streams, length=half, devices=ONE_DEVICE, **settings)
    rows = np.asarray(more.members.origins)

    def joined(one, other):
        chosen = np.take_along_axis(np.asarray(one), rows[:, :, None], axis=1)
        return np.concatenate([chosen, other], axis=2)

    np.testing.assert_array_equal(joined(first.tokens, more.tokens), whole.tokens)
    np.testing.assert_allclose(
        joined(first.trace.surprisal, more.trace.surprisal),
        whole.trace.surprisal,
        atol=1e-4,
    )
    np.testing.assert_array_equal(more.members.picked, whole.members.picked)
    # Some members died out, and some have several children.
    ancestors = np.sort(np.asarray(whole.members.history.ancestors), axis=-1)
    assert np.any(ancestors[:, 1:] != np.arange(rows.shape[1]))
    pairs = zip(*map(jax.tree.leaves, (more.streams, whole.streams)), strict=True)
    for one, other in pairs:
        if not jnp.issubdtype(one.dtype, jax.dtypes.prng_key):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


@pytest.mark.slow
def test_devices_and_parts_do_not_matter(decoded):
    whole, settings = decoded
    many = generate(MODEL, PROMPTS, KEY, length=LENGTH, parallel_streams=1, **settings)
    np.testing.assert_array_equal(many.tokens, whole.tokens)
    np.testing.assert_array_equal(many.members.picked, whole.members.picked)
    np.testing.assert_allclose(
        many.members.log_weights, whole.members.log_weights, rtol=1e-4, atol=1e-4
    )


def test_the_history_leads_to_the_results(decoded):
    whole, _ = decoded
    history = jax.tree.map(np.asarray, whole.members.history)
    for group in range(POPULATIONS):
        rows = [()] * history.tokens.shape[2]
        origins = np.arange(len(rows))
        for place in range(LENGTH):
            ancestors = history.ancestors[group, place]
            tokens = history.tokens[group, place]
            origins = origins[ancestors]
            rows = [(*rows[a], t) for a, t in zip(ancestors, tokens, strict=True)]
        np.testing.assert_array_equal(whole.tokens[group], rows)
        np.testing.assert_array_equal(whole.members.origins[group], origins)
        np.testing.assert_array_equal(
            whole.members.log_weights[group], history.log_weights[group, -1]
        )
    np.testing.assert_allclose(whole.trace.surprisal, -whole.log_probs, atol=1e-5)


def test_a_sweep_decodes_with_every_setting():
    values, decoder = [0.7, 1.6], SMC(4)
    shared = {"length": LENGTH, "decoder": decoder, "devices": ONE_DEVICE}
    settings = stack([Temperature(value) for value in values])
    swept = sweep(MODEL, PROMPTS, KEY, settings, **shared)
    assert swept.tokens.shape == (2, POPULATIONS, 4, LENGTH)
    for row, value in enumerate(values):
        one = generate(MODEL, PROMPTS, KEY, strategy=Temperature(value), **shared)
        np.testing.assert_array_equal(swept.tokens[row], one.tokens)
        np.testing.assert_array_equal(swept.members.picked[row], one.members.picked)


def test_nan_is_reported_even_if_the_member_dies_out():
    class Spoiled(Temperature):
        def init(self, vocab_size):
            return jnp.bool_(False)

        def apply(self, logits, state, key):
            return jnp.where(state, jnp.nan, logits), state

        def observe(self, token, state):
            return token == 4

    settings = {"length": LENGTH, "decoder": StochasticBeam(V)}
    with pytest.raises(RuntimeError, match="population 0 became NaN, which give no"):
        generate(MODEL, 0 * PROMPTS, KEY, strategy=Spoiled(1.0), **settings)
    prompts = (0 * PROMPTS).at[1].set(4)
    settings |= {"decoder": Independent(3)}
    strategy = Chain(Forbid([4]), Spoiled(1.0))
    with pytest.raises(RuntimeError, match="population 1 became NaN, which give no"):
        generate(MODEL, prompts, KEY, strategy=strategy, **settings)


def test_a_continuation_needs_the_same_decoder():
    first = generate(MODEL, PROMPTS, KEY, length=2, decoder=BeamSearch(4))
    for decoder in (None, BeamSearch(5), SMC(4, target=RepetitionPenalty(1.2))):
        with pytest.raises(ValueError, match="prompts has streams that belong to anot"):
            generate(MODEL, first.streams, length=2, decoder=decoder)
