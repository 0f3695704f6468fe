"""Every strategy beside its reference, with hyperparameters drawn for both."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax import strategies
from lstm_music_jax.generation.contexts import Carried
from lstm_music_jax.music.encodings import Events, NoteNames
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.strategies import presets, pytree
from lstm_music_jax.types import Array
from tests.strategies import numpy_references as ref


class Case(NamedTuple):
    """`draw(rng, v)` returns a strategy and its reference.

    `exact`: what is kept is handed on unchanged. `size`: the only v it works for.
    """

    draw: Callable
    exact: bool = False
    size: int | None = None


def real(low, high, *edges):
    """A float32 number in low..high, now and then one of the edges."""

    def draw(rng, v):
        if edges and rng.random() < 0.15:
            return float(np.float32(rng.choice(edges)))
        return float(np.float32(rng.uniform(low, high)))

    return draw


def whole(low, high):
    return lambda rng, v: int(rng.integers(low, high + 1))


def some_ids(rng, v):
    return sorted(rng.choice(v, size=2, replace=False).tolist())


def two_reals(rng, v):
    return [float(np.float32(value)) for value in rng.normal(size=2) * 3]


def case(make, reference, *, exact=False, size=None, **draws):
    """The common case: factory and reference take the same arguments."""

    def draw(rng, v):
        values = {
            name: value(rng, v) if callable(value) else value
            for name, value in draws.items()
        }
        if isinstance(reference, type):
            return make(**values), reference(**values)
        return make(**values), ref.Stateless(reference, **values)

    return Case(draw, exact, size)


STATELESS = {
    "greedy": case(strategies.greedy, ref.greedy, exact=True),
    "temperature": case(strategies.temperature, ref.temperature, value=real(0.05, 5)),
    "top_k": case(strategies.top_k, ref.top_k, exact=True, k=whole(1, 20)),
    "top_p": case(strategies.top_p, ref.top_p, exact=True, p=real(1e-3, 1, 1, 0.5)),
    "min_p": case(strategies.min_p, ref.min_p, exact=True, p=real(1e-3, 1, 1, 0.5)),
    "forbid": case(strategies.forbid, ref.forbid, exact=True, ids=some_ids),
    "allow": case(strategies.allow, ref.allow, exact=True, ids=some_ids),
    "bias": case(strategies.bias, ref.bias, ids=some_ids, values=two_reals),
    "top_a": case(strategies.top_a, ref.top_a, exact=True, a=real(0, 1, 0, 1)),
    "typical": case(
        strategies.typical, ref.typical, exact=True, mass=real(0.01, 1, 1, 0.5)
    ),
    "epsilon_cutoff": case(
        strategies.epsilon_cutoff,
        ref.epsilon_cutoff,
        exact=True,
        epsilon=real(1e-4, 0.2, 1e-6, 0.9),
    ),
    "eta_cutoff": case(
        strategies.eta_cutoff,
        ref.eta_cutoff,
        exact=True,
        epsilon=real(1e-4, 0.2, 1e-6, 0.9),
    ),
    "top_n_sigma": case(
        strategies.top_n_sigma, ref.top_n_sigma, exact=True, n=real(0.1, 3, 1, 8)
    ),
    "top_h": case(strategies.top_h, ref.top_h, exact=True, alpha=real(0.02, 1, 1)),
    "tail_free": case(
        strategies.tail_free, ref.tail_free, exact=True, z=real(0.05, 1, 1)
    ),
    "dynamic_temperature": case(
        strategies.dynamic_temperature,
        ref.dynamic_temperature,
        low=real(0.1, 1),
        high=real(1, 3),
        exponent=real(0.3, 3, 1),
    ),
    "edt": case(
        strategies.edt,
        ref.edt,
        temperature=real(0.1, 2),
        theta=real(0, 2, 0),
        base=real(0.3, 0.95, 0.8),
    ),
    "quadratic_smoothing": case(
        strategies.quadratic_smoothing,
        ref.quadratic_smoothing,
        factor=real(0.05, 3),
        curve=real(1, 3, 1, 3),
    ),
}


@pytree
class Toy:
    """Logits are a fading sum of one table row for every symbol read."""

    table: Array
    fading: Array

    def initial_state(self):
        return jnp.zeros(self.table.shape[-1])

    def step(self, state, token):
        state = self.fading * state + self.table[token]
        return state, state

    def unroll(self, tokens):
        def one(stream):
            return jax.lax.scan(self.step, self.initial_state(), stream)

        return jax.vmap(one)(tokens)


def toy(table, fading):
    return Toy(np.float32(table), np.float32(fading))


def toy_logits(model, symbols):
    state = np.zeros(model.table.shape[-1])
    for symbol in symbols:
        state = np.float64(model.fading) * state + model.table[symbol]
    return state


def draw_toy(rng, v):
    return toy(rng.normal(size=(v, v)) * 2, rng.uniform(0, 0.8))


def draw_guidance(rng, v):
    model, scale = draw_toy(rng, v), real(0, 3, 0, 1)(rng, v)
    prompt = rng.integers(0, v, 3).astype(np.int32)
    return (
        strategies.guidance(scale, model, prompt.tolist(), Carried()),
        ref.Guidance(scale, lambda drawn: toy_logits(model, [*prompt, *drawn])),
    )


def draw_contrastive(rng, v):
    model, alpha = draw_toy(rng, v), real(1e-3, 1, 1)(rng, v)
    return (
        strategies.contrastive(model, alpha),
        ref.Contrastive(lambda seen: toy_logits(model, seen), alpha),
    )


def draw_force(rng, v):
    positions = sorted(rng.choice(40, size=4, replace=False).tolist())
    tokens = rng.integers(0, v, 4).tolist()
    return strategies.force(positions, tokens), ref.Force(positions, tokens)


def draw_dry(rng, v, **sizes):
    values = {
        "multiplier": real(0, 3, 0, 1)(rng, v),
        "base": real(1, 2, 1, 1.75)(rng, v),
        "allowed_length": int(rng.integers(1, 4)),
        **sizes,
    }
    return strategies.dry(**values), ref.Dry(**values)


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
        ref.Chain(
            ref.RepetitionPenalty(penalty, False),
            ref.NoRepeatNgram(3, 512),
            ref.Stateless(ref.temperature, value=heat),
            ref.Chain(
                ref.LoopBreaker(3, 2, factor), ref.Stateless(ref.typical, mass=mass)
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
        ref.RepetitionPenalty(values["repetition_penalty"], True),
        ref.NoRepeatNgram(3, 512),
        ref.Stateless(ref.temperature, value=values["temperature"]),
        ref.Stateless(ref.top_k, k=values["top_k"]),
        ref.Stateless(ref.top_p, p=values["top_p"]),
        ref.Stateless(ref.min_p, p=values["min_p"]),
        ref.Stateless(ref.typical, mass=values["typical"]),
        ref.Stateless(ref.epsilon_cutoff, epsilon=values["epsilon_cutoff"]),
        ref.Stateless(ref.eta_cutoff, epsilon=values["eta_cutoff"]),
    )
    return presets.transformers_order(**values), ref.Chain(*stages)


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
        ref.RepetitionPenalty(values["repetition_penalty"], True),
        ref.FrequencyPenalty(values["frequency_penalty"]),
        ref.PresencePenalty(values["presence_penalty"]),
        ref.Dry(**dry, breakers=(), memory=512),
        ref.Stateless(ref.top_n_sigma, n=values["top_n_sigma"]),
        ref.Stateless(ref.top_k, k=values["top_k"]),
        ref.Stateless(ref.typical, mass=values["typical"]),
        ref.Stateless(ref.top_p, p=values["top_p"]),
        ref.Stateless(ref.min_p, p=values["min_p"]),
        ref.Stateless(ref.xtc, threshold=threshold, removes=True),
        ref.Stateless(ref.temperature, value=values["temperature"]),
    )
    strategy = presets.llama_cpp_order(**values, dry=dry, xtc=(threshold, 1.0))
    return strategy, ref.Chain(*stages)


STATEFUL = {
    "repetition_penalty": case(
        strategies.repetition_penalty,
        ref.RepetitionPenalty,
        penalty=real(0.3, 3),
        by_sign=False,
    ),
    "repetition_penalty by sign": case(
        strategies.repetition_penalty,
        ref.RepetitionPenalty,
        penalty=real(0.3, 3),
        by_sign=True,
    ),
    "frequency_penalty": case(
        strategies.frequency_penalty, ref.FrequencyPenalty, penalty=real(-1, 2)
    ),
    "presence_penalty": case(
        strategies.presence_penalty, ref.PresencePenalty, penalty=real(-1, 2)
    ),
    "no_repeat_ngram 1": case(
        strategies.no_repeat_ngram, ref.NoRepeatNgram, exact=True, n=1, memory=3
    ),
    "no_repeat_ngram 3": case(
        strategies.no_repeat_ngram, ref.NoRepeatNgram, exact=True, n=3, memory=512
    ),
    "no_repeat_ngram 4, short memory": case(
        strategies.no_repeat_ngram, ref.NoRepeatNgram, exact=True, n=4, memory=9
    ),
    "dry": Case(lambda rng, v: draw_dry(rng, v, breakers=(), memory=512)),
    "dry, short memory": Case(lambda rng, v: draw_dry(rng, v, breakers=(), memory=8)),
    "dry, breakers": Case(lambda rng, v: draw_dry(rng, v, breakers=(0, 2), memory=20)),
    "mirostat_1": case(
        strategies.mirostat_1,
        ref.Mirostat1,
        exact=True,
        size=17,
        tau=real(0.5, 4),
        eta=real(0.02, 0.5),
        m=100,
    ),
    "mirostat_1, m of 10": case(
        strategies.mirostat_1,
        ref.Mirostat1,
        exact=True,
        size=60,
        tau=real(0.5, 5),
        eta=real(0.02, 0.5),
        m=10,
    ),
    "mirostat_2": case(
        strategies.mirostat_2,
        ref.Mirostat2,
        exact=True,
        size=17,
        tau=real(0.5, 4),
        eta=real(0.02, 0.5),
    ),
    "adaptive_p": case(
        strategies.adaptive_p,
        ref.AdaptiveP,
        size=17,
        target=real(0.05, 0.95),
        decay=real(0, 0.99, 0, 0.9),
    ),
    "look_back": case(
        strategies.look_back,
        ref.LookBack,
        exact=True,
        size=17,
        alpha=real(0, 0.5),
        k=whole(2, 8),
        memory=4,
    ),
    "loop_breaker": case(
        strategies.loop_breaker,
        ref.LoopBreaker,
        n=4,
        repeats=whole(2, 4),
        factor=real(1, 1.5, 1),
    ),
    "loop_breaker, one": case(
        strategies.loop_breaker,
        ref.LoopBreaker,
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


# What each symbol is, worked out by hand.
EVENTS = {
    "pitch_60": ("pitch", 60),
    "pitch_64": ("pitch", 64),
    "pitch_67": ("pitch", 67),
    "pitch_73": ("pitch", 73),
    "shift_6": ("shift", 6),
    "shift_12": ("shift", 12),
    "shift_48": ("shift", 48),
    "duration_6": ("duration", 6),
    "duration_24": ("duration", 24),
    "<start>": ("other", 0),
}
NAMES = {
    "C4": (60,),
    "E4": (64,),
    "G#4": (68,),
    "B-3": (58,),
    "E-2": (39,),
    "C6": (84,),
    "4.9": (64, 69),
    "0.4.7": (60, 64, 67),
    "<start>": (),
}
EVENT_SOUNDS = [(n,) if kind == "pitch" else () for kind, n in EVENTS.values()]
WRITINGS = {
    "events": (Vocabulary(tuple(EVENTS), "<start>"), Events(), EVENT_SOUNDS),
    "note names": (Vocabulary(tuple(NAMES), "<start>"), NoteNames(), [*NAMES.values()]),
}
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 11), (0, 4, 7))


def draw_pitch_range(rng, writing):
    vocabulary, encoding, sounds = writing
    low, high = int(rng.integers(36, 61)), int(rng.integers(60, 86))
    return (
        strategies.pitch_range(vocabulary, encoding, low, high),
        ref.Stateless(ref.pitch_range, sounds=sounds, low=low, high=high),
    )


def draw_in_key(rng, writing):
    vocabulary, encoding, sounds = writing
    scale = SCALES[rng.integers(len(SCALES))]
    # Some symbol sounds in it: pitch class 0 or 4 alone does in either writing.
    tonic = int(rng.choice([0, 4])) - int(rng.choice(scale))
    tonic %= 12
    return (
        strategies.in_key(vocabulary, encoding, tonic, scale),
        ref.Stateless(ref.in_key, sounds=sounds, tonic=tonic, scale=scale),
    )


def draw_max_leap(rng, writing):
    vocabulary, encoding, sounds = writing
    semitones = int(rng.integers(0, 25))
    return (
        strategies.max_leap(vocabulary, encoding, semitones),
        ref.MaxLeap(sounds, semitones),
    )


def draw_no_long_rest(rng, writing):
    vocabulary, encoding, sounds = writing
    ticks = int(rng.integers(0, 80))
    parsed = [*EVENTS.values()]
    if isinstance(encoding, NoteNames):
        parsed = [("other", 0)] * len(sounds)
    return (
        strategies.no_long_rest(vocabulary, encoding, ticks),
        ref.NoLongRest(parsed, ticks),
    )


MUSIC = {
    f"{draw.__name__.removeprefix('draw_')}, {name}": Case(
        lambda rng, v, draw=draw, writing=writing: draw(rng, writing),
        exact=True,
        size=len(writing[0]),
    )
    for draw in (draw_pitch_range, draw_in_key, draw_max_leap, draw_no_long_rest)
    for name, writing in WRITINGS.items()
}
