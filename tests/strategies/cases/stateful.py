"""The strategies with a state, and chains and presets, each with its reference."""

import numpy as np

from lstm_music_jax import strategies
from lstm_music_jax.generation.contexts import Carried
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
        strategies.Guidance(scale, model, prompt.tolist(), Carried()),
        stateful.Guidance(scale, lambda drawn: toy_logits(model, [*prompt, *drawn])),
    )


def draw_contrastive(rng, v):
    model, alpha = draw_toy(rng, v), real(1e-3, 1, 1)(rng, v)
    return (
        strategies.Contrastive(model, alpha),
        stateful.Contrastive(lambda seen: toy_logits(model, seen), alpha),
    )


def draw_product_of_experts(rng, v):
    model, weight = draw_toy(rng, v), real(-2, 2, 1)(rng, v)
    return (
        strategies.ProductOfExperts(weight, model),
        stateful.ProductOfExperts(weight, lambda seen: toy_logits(model, seen)),
    )


def draw_force(rng, v):
    positions = sorted(rng.choice(40, size=4, replace=False).tolist())
    tokens = rng.integers(0, v, 4).tolist()
    return strategies.Force(positions, tokens), stateful.Force(positions, tokens)


def draw_dry(rng, v, **sizes):
    values = {
        "multiplier": real(0, 3, 0, 1)(rng, v),
        "base": real(1, 2, 1, 1.75)(rng, v),
        "allowed_length": int(rng.integers(1, 4)),
        **sizes,
    }
    return strategies.DRY(**values), stateful.Dry(**values)


# Sequences that begin, end and contain one another; one is given twice.
OVERLAPPING = (
    (0, 1, 2),
    (1, 2),
    (2,),
    (1, 1, 1),
    (3, 4, 3, 4, 0),
    (4, 3, 4),
    (1, 2),
    (0, 1),
    (0, 0, 1, 2, 3),
)


def draw_sequence_bias(rng, v):
    biases = rng.normal(size=len(OVERLAPPING)).astype(np.float32) * 3
    biases[rng.random(len(OVERLAPPING)) < 0.3] = -np.inf
    return (
        strategies.SequenceBias(OVERLAPPING, biases),
        stateful.SequenceBias(OVERLAPPING, biases.tolist()),
    )


def draw_chain(rng, v):
    """Nest chains; stages change their state when applied and when they observe."""
    penalty, heat = real(0.8, 2)(rng, v), real(0.3, 2)(rng, v)
    mass, factor = real(0.5, 1)(rng, v), real(1.1, 1.5)(rng, v)
    return (
        strategies.Chain(
            strategies.RepetitionPenalty(penalty),
            strategies.NoRepeatNgram(3),
            strategies.Temperature(heat),
            strategies.Chain(
                strategies.LoopBreaker(3, 2, factor), strategies.Typical(mass)
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
    bias, biased = draw_sequence_bias(rng, v)
    key = int(rng.integers(100))
    values = {
        "RepetitionPenalty": real(0.8, 2)(rng, v),
        "NoRepeatNgram": 3,
        "Temperature": real(0.3, 2)(rng, v),
        "TopK": int(rng.integers(3, v)),
        "TopP": real(0.5, 1)(rng, v),
        "MinP": real(0.01, 0.1)(rng, v),
        "Typical": real(0.5, 1)(rng, v),
        "EpsilonCutoff": real(0.01, 0.1)(rng, v),
        "EtaCutoff": real(0.01, 0.2)(rng, v),
    }
    stages = (
        biased,
        stateful.RepetitionPenalty(values["RepetitionPenalty"], True),
        stateful.NoRepeatNgram(3, 512),
        Stateless(ref.temperature, value=values["Temperature"]),
        Stateless(ref.top_k, k=values["TopK"]),
        Stateless(ref.top_p, p=values["TopP"]),
        Stateless(ref.min_p, p=values["MinP"]),
        Stateless(ref.typical, mass=values["Typical"]),
        Stateless(ref.epsilon_cutoff, epsilon=values["EpsilonCutoff"]),
        Stateless(ref.eta_cutoff, epsilon=values["EtaCutoff"]),
        stateful.Watermark(key, gamma=0.25, delta=2, width=1),
    )
    given = [getattr(strategies, name)(value) for name, value in values.items()]
    given += [strategies.Watermark(key), bias]
    return strategies.TransformersOrder(*given), Chain(*stages)


def draw_llama_cpp_order(rng, v):
    threshold = real(0.05, 0.3)(rng, v)
    values = {
        "RepetitionPenalty": real(0.8, 2)(rng, v),
        "FrequencyPenalty": real(-0.2, 0.5)(rng, v),
        "PresencePenalty": real(-0.5, 0.5)(rng, v),
        "TopNSigma": real(0.5, 3)(rng, v),
        "TopK": int(rng.integers(3, v)),
        "Typical": real(0.5, 1)(rng, v),
        "TopP": real(0.5, 1)(rng, v),
        "MinP": real(0.01, 0.1)(rng, v),
        "Temperature": real(0.3, 2)(rng, v),
    }
    stages = (
        stateful.RepetitionPenalty(values["RepetitionPenalty"], True),
        stateful.FrequencyPenalty(values["FrequencyPenalty"]),
        stateful.PresencePenalty(values["PresencePenalty"]),
        stateful.Dry(0.8, base=1.75, allowed_length=2, breakers=(), memory=512),
        Stateless(ref.top_n_sigma, n=values["TopNSigma"]),
        Stateless(ref.top_k, k=values["TopK"]),
        Stateless(ref.typical, mass=values["Typical"]),
        Stateless(ref.top_p, p=values["TopP"]),
        Stateless(ref.min_p, p=values["MinP"]),
        Stateless(ref.xtc, threshold=threshold, removes=True),
        Stateless(ref.temperature, value=values["Temperature"]),
    )
    given = [getattr(strategies, name)(value) for name, value in values.items()]
    given += [strategies.XTC(threshold, 1.0), strategies.DRY(0.8)]
    return strategies.LlamaCppOrder(*given), Chain(*stages)


STATEFUL = {
    "RepetitionPenalty": case(
        strategies.RepetitionPenalty,
        stateful.RepetitionPenalty,
        penalty=real(0.3, 3),
        by_sign=False,
    ),
    "RepetitionPenalty by sign": case(
        strategies.RepetitionPenalty,
        stateful.RepetitionPenalty,
        penalty=real(0.3, 3),
        by_sign=True,
    ),
    "FrequencyPenalty": case(
        strategies.FrequencyPenalty, stateful.FrequencyPenalty, penalty=real(-1, 2)
    ),
    "PresencePenalty": case(
        strategies.PresencePenalty, stateful.PresencePenalty, penalty=real(-1, 2)
    ),
    "NoRepeatNgram 1": case(
        strategies.NoRepeatNgram, stateful.NoRepeatNgram, exact=True, n=1, memory=3
    ),
    "NoRepeatNgram 3": case(
        strategies.NoRepeatNgram, stateful.NoRepeatNgram, exact=True, n=3, memory=512
    ),
    "NoRepeatNgram 4, short memory": case(
        strategies.NoRepeatNgram, stateful.NoRepeatNgram, exact=True, n=4, memory=9
    ),
    "DRY": Case(lambda rng, v: draw_dry(rng, v, breakers=(), memory=512)),
    "DRY, short memory": Case(lambda rng, v: draw_dry(rng, v, breakers=(), memory=8)),
    "DRY, breakers": Case(lambda rng, v: draw_dry(rng, v, breakers=(0, 2), memory=20)),
    "Mirostat1": case(
        strategies.Mirostat1,
        stateful.Mirostat1,
        exact=True,
        size=17,
        tau=real(0.5, 4),
        eta=real(0.02, 0.5),
        m=100,
    ),
    "Mirostat1, m of 10": case(
        strategies.Mirostat1,
        stateful.Mirostat1,
        exact=True,
        size=60,
        tau=real(0.5, 5),
        eta=real(0.02, 0.5),
        m=10,
    ),
    "Mirostat2": case(
        strategies.Mirostat2,
        stateful.Mirostat2,
        exact=True,
        size=17,
        tau=real(0.5, 4),
        eta=real(0.02, 0.5),
    ),
    "AdaptiveP": case(
        strategies.AdaptiveP,
        stateful.AdaptiveP,
        size=17,
        target=real(0.05, 0.95),
        decay=real(0, 0.99, 0, 0.9),
    ),
    "LookBack": case(
        strategies.LookBack,
        stateful.LookBack,
        exact=True,
        size=17,
        alpha=real(0, 0.5),
        k=whole(2, 8),
        memory=4,
    ),
    "LoopBreaker": case(
        strategies.LoopBreaker,
        stateful.LoopBreaker,
        n=4,
        repeats=whole(2, 4),
        factor=real(1, 1.5, 1),
    ),
    "LoopBreaker, one": case(
        strategies.LoopBreaker,
        stateful.LoopBreaker,
        n=1,
        repeats=whole(2, 3),
        factor=real(1, 1.5),
    ),
    "Force": Case(draw_force, exact=True),
    "MinLength": case(
        strategies.MinLength,
        stateful.MinLength,
        exact=True,
        length=whole(0, 30),
        stop=whole(0, 3),
    ),
    "ExponentialDecayLength": case(
        strategies.ExponentialDecayLength,
        stateful.ExponentialDecayLength,
        start=whole(0, 20),
        factor=real(0.8, 1.2, 1),
        stop=whole(0, 3),
    ),
    "SequenceBias": Case(draw_sequence_bias),
    "Watermark": case(
        strategies.Watermark,
        stateful.Watermark,
        size=17,
        key=whole(0, 2**31 - 1),
        gamma=real(0.01, 0.99, 0.01, 0.5),
        delta=real(0, 5, 0),
        width=1,
    ),
    "Watermark, wide": case(
        strategies.Watermark,
        stateful.Watermark,
        key=whole(0, 100),
        gamma=real(0.01, 0.99),
        delta=2,
        width=5,
    ),
    "Guidance": Case(draw_guidance),
    "Contrastive": Case(draw_contrastive),
    "ProductOfExperts": Case(draw_product_of_experts),
    "Chain": Case(draw_chain),
    "TransformersOrder": Case(draw_transformers_order, size=17),
    "LlamaCppOrder": Case(draw_llama_cpp_order, size=17),
}
