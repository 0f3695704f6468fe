"""The strategies with a state, and chains and presets, each beside its reference."""

import numpy as np

from lstm_music_jax import strategies
from lstm_music_jax.generation.contexts import Carried
from lstm_music_jax.strategies import presets
from tests.strategies.cases.case import Case, case, real, whole
from tests.strategies.numpy_references import stateful, stateless as ref
from tests.strategies.numpy_references.base import Chain, Stateless
from tests.strategies.toy import toy, toy_logits


def draw_toy(rng, v):
    return toy(rng.normal(size=(v, v)) * 2, rng.uniform(0, 0.8))


def draw_guidance(rng, v):
    model, scale = draw_toy(rng, v), real(0, 3, 0, 1)(rng, v)
    prompt = rng.integers(0, v, 3).astype(np.int32)
    return (
        strategies.guidance(scale, model, prompt.tolist(), Carried()),
        stateful.Guidance(scale, lambda drawn: toy_logits(model, [*prompt, *drawn])),
    )


def draw_contrastive(rng, v):
    model, alpha = draw_toy(rng, v), real(1e-3, 1, 1)(rng, v)
    return (
        strategies.contrastive(model, alpha),
        stateful.Contrastive(lambda seen: toy_logits(model, seen), alpha),
    )


def draw_force(rng, v):
    positions = sorted(rng.choice(40, size=4, replace=False).tolist())
    tokens = rng.integers(0, v, 4).tolist()
    return strategies.force(positions, tokens), stateful.Force(positions, tokens)


def draw_dry(rng, v, **sizes):
    values = {
        "multiplier": real(0, 3, 0, 1)(rng, v),
        "base": real(1, 2, 1, 1.75)(rng, v),
        "allowed_length": int(rng.integers(1, 4)),
        **sizes,
    }
    return strategies.dry(**values), stateful.Dry(**values)


def draw_chain(rng, v):
    """Nested, with stages that change their state when applied and when told."""
    penalty, heat = real(0.8, 2)(rng, v), real(0.3, 2)(rng, v)
    mass, factor = real(0.5, 1)(rng, v), real(1.1, 1.5)(rng, v)
    return (
        strategies.chain(
            strategies.repetition_penalty(penalty),
            strategies.no_repeat_ngram(3),
            strategies.temperature(heat),
            strategies.chain(
                strategies.loop_breaker(3, 2, factor), strategies.typical(mass)
            ),
        ),
        Chain(
            stateful.RepetitionPenalty(penalty, False),
            stateful.NoRepeatNgram(3, 512),
            Stateless(ref.temperature, value=heat),
            Chain(
                stateful.LoopBreaker(3, 2, factor), Stateless(ref.typical, mass=mass)
            ),
        ),
    )


def draw_transformers_order(rng, v):
    values = {
        "repetition_penalty": real(0.8, 2)(rng, v),
        "no_repeat_ngram": 3,
        "temperature": real(0.3, 2)(rng, v),
        "top_k": int(rng.integers(3, v)),
        "top_p": real(0.5, 1)(rng, v),
        "min_p": real(0.01, 0.1)(rng, v),
        "typical": real(0.5, 1)(rng, v),
        "epsilon_cutoff": real(0.01, 0.1)(rng, v),
        "eta_cutoff": real(0.01, 0.2)(rng, v),
    }
    stages = (
        stateful.RepetitionPenalty(values["repetition_penalty"], True),
        stateful.NoRepeatNgram(3, 512),
        Stateless(ref.temperature, value=values["temperature"]),
        Stateless(ref.top_k, k=values["top_k"]),
        Stateless(ref.top_p, p=values["top_p"]),
        Stateless(ref.min_p, p=values["min_p"]),
        Stateless(ref.typical, mass=values["typical"]),
        Stateless(ref.epsilon_cutoff, epsilon=values["epsilon_cutoff"]),
        Stateless(ref.eta_cutoff, epsilon=values["eta_cutoff"]),
    )
    return presets.transformers_order(**values), Chain(*stages)


def draw_llama_cpp_order(rng, v):
    dry = {"multiplier": 0.8, "base": 1.75, "allowed_length": 2}
    threshold = real(0.05, 0.3)(rng, v)
    values = {
        "repetition_penalty": real(0.8, 2)(rng, v),
        "frequency_penalty": real(-0.2, 0.5)(rng, v),
        "presence_penalty": real(-0.5, 0.5)(rng, v),
        "top_n_sigma": real(0.5, 3)(rng, v),
        "top_k": int(rng.integers(3, v)),
        "typical": real(0.5, 1)(rng, v),
        "top_p": real(0.5, 1)(rng, v),
        "min_p": real(0.01, 0.1)(rng, v),
        "temperature": real(0.3, 2)(rng, v),
    }
    stages = (
        stateful.RepetitionPenalty(values["repetition_penalty"], True),
        stateful.FrequencyPenalty(values["frequency_penalty"]),
        stateful.PresencePenalty(values["presence_penalty"]),
        stateful.Dry(**dry, breakers=(), memory=512),
        Stateless(ref.top_n_sigma, n=values["top_n_sigma"]),
        Stateless(ref.top_k, k=values["top_k"]),
        Stateless(ref.typical, mass=values["typical"]),
        Stateless(ref.top_p, p=values["top_p"]),
        Stateless(ref.min_p, p=values["min_p"]),
        Stateless(ref.xtc, threshold=threshold, removes=True),
        Stateless(ref.temperature, value=values["temperature"]),
    )
    strategy = presets.llama_cpp_order(**values, dry=dry, xtc=(threshold, 1.0))
    return strategy, Chain(*stages)


STATEFUL = {
    "repetition_penalty": case(
        strategies.repetition_penalty,
        stateful.RepetitionPenalty,
        penalty=real(0.3, 3),
        by_sign=False,
    ),
    "repetition_penalty by sign": case(
        strategies.repetition_penalty,
        stateful.RepetitionPenalty,
        penalty=real(0.3, 3),
        by_sign=True,
    ),
    "frequency_penalty": case(
        strategies.frequency_penalty, stateful.FrequencyPenalty, penalty=real(-1, 2)
    ),
    "presence_penalty": case(
        strategies.presence_penalty, stateful.PresencePenalty, penalty=real(-1, 2)
    ),
    "no_repeat_ngram 1": case(
        strategies.no_repeat_ngram, stateful.NoRepeatNgram, exact=True, n=1, memory=3
    ),
    "no_repeat_ngram 3": case(
        strategies.no_repeat_ngram, stateful.NoRepeatNgram, exact=True, n=3, memory=512
    ),
    "no_repeat_ngram 4, short memory": case(
        strategies.no_repeat_ngram, stateful.NoRepeatNgram, exact=True, n=4, memory=9
    ),
    "dry": Case(lambda rng, v: draw_dry(rng, v, breakers=(), memory=512)),
    "dry, short memory": Case(lambda rng, v: draw_dry(rng, v, breakers=(), memory=8)),
    "dry, breakers": Case(lambda rng, v: draw_dry(rng, v, breakers=(0, 2), memory=20)),
    "mirostat_1": case(
        strategies.mirostat_1,
        stateful.Mirostat1,
        exact=True,
        size=17,
        tau=real(0.5, 4),
        eta=real(0.02, 0.5),
        m=100,
    ),
    "mirostat_1, m of 10": case(
        strategies.mirostat_1,
        stateful.Mirostat1,
        exact=True,
        size=60,
        tau=real(0.5, 5),
        eta=real(0.02, 0.5),
        m=10,
    ),
    "mirostat_2": case(
        strategies.mirostat_2,
        stateful.Mirostat2,
        exact=True,
        size=17,
        tau=real(0.5, 4),
        eta=real(0.02, 0.5),
    ),
    "adaptive_p": case(
        strategies.adaptive_p,
        stateful.AdaptiveP,
        size=17,
        target=real(0.05, 0.95),
        decay=real(0, 0.99, 0, 0.9),
    ),
    "look_back": case(
        strategies.look_back,
        stateful.LookBack,
        exact=True,
        size=17,
        alpha=real(0, 0.5),
        k=whole(2, 8),
        memory=4,
    ),
    "loop_breaker": case(
        strategies.loop_breaker,
        stateful.LoopBreaker,
        n=4,
        repeats=whole(2, 4),
        factor=real(1, 1.5, 1),
    ),
    "loop_breaker, one": case(
        strategies.loop_breaker,
        stateful.LoopBreaker,
        n=1,
        repeats=whole(2, 3),
        factor=real(1, 1.5),
    ),
    "force": Case(draw_force, exact=True),
    "guidance": Case(draw_guidance),
    "contrastive": Case(draw_contrastive),
    "chain": Case(draw_chain),
    "transformers_order": Case(draw_transformers_order, size=17),
    "llama_cpp_order": Case(draw_llama_cpp_order, size=17),
}
