"""Every strategy once or more, with settings that are not round: name -> (it, v).

A name is the factory's, and after a colon what is special.
"""

import jax.numpy as jnp
import numpy as np

from lstm_music_jax.generation.contexts import Carried, SlidingWindow
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.strategies import (
    MINOR,
    Strategy,
    adaptive_p,
    allow,
    bias,
    chain,
    contrastive,
    dry,
    dynamic_temperature,
    edt,
    epsilon_cutoff,
    eta_cutoff,
    forbid,
    force,
    frequency_penalty,
    greedy,
    guidance,
    in_key,
    llama_cpp_order,
    look_back,
    loop_breaker,
    max_leap,
    min_p,
    mirostat_1,
    mirostat_2,
    no_long_rest,
    no_repeat_ngram,
    pitch_range,
    presence_penalty,
    quadratic_smoothing,
    repetition_penalty,
    tail_free,
    temperature,
    top_a,
    top_h,
    top_k,
    top_n_sigma,
    top_p,
    transformers_order,
    typical,
    xtc,
)
from lstm_music_jax.testing.subject import ToyModel

V = 20
MODEL = ToyModel(
    jnp.asarray(np.random.default_rng(0).normal(size=(V, V)).astype(np.float32))
)
NAMES = Vocabulary(
    ("<start>", *(f"{name}{octave}" for name in "CDEFGAB" for octave in (3, 4)), "4.9"),
    "<start>",
)
EVENTS = Vocabulary(
    (
        *(f"pitch_{pitch}" for pitch in range(60, 72)),
        *(f"shift_{ticks}" for ticks in (3, 6, 12, 24)),
        *(f"duration_{ticks}" for ticks in (3, 6, 12, 24)),
    )
)

TABLE: dict[str, tuple[Strategy, int]] = {
    "adaptive_p": (adaptive_p(0.37, 0.83), V),
    "allow": (allow([1, 5, 6, 11]), V),
    "bias": (bias([1, 2, 2], [0.7, -2.3, 1.1]), V),
    "chain": (chain(repetition_penalty(1.2), temperature(0.9), top_p(0.93)), V),
    "chain: empty": (chain(), V),
    "chain: of chains": (chain(chain(top_k(7)), chain(xtc(0.11, 0.6))), V),
    "chain: a mask first": (chain(no_repeat_ngram(2, 16), typical(0.87)), V),
    "contrastive": (contrastive(MODEL, 0.13), V),
    "dry": (dry(0.83, 1.71, 1, memory=16), V),
    "dry: breakers": (dry(0.83, 1.71, 2, breakers=[3, 4], memory=16), V),
    "dynamic_temperature": (dynamic_temperature(0.31, 1.73, 1.3), V),
    "edt": (edt(0.93, 0.13), V),
    "epsilon_cutoff": (epsilon_cutoff(0.031), V),
    "eta_cutoff": (eta_cutoff(0.031), V),
    "forbid": (forbid([1, 2]), V),
    "force": (force([1, 4], [3, 7]), V),
    "frequency_penalty": (frequency_penalty(0.57), V),
    "greedy": (greedy(), V),
    "guidance": (guidance(1.37, MODEL, [2, 3], Carried()), V),
    "guidance: a window": (guidance(0.73, MODEL, [2, 3], SlidingWindow(3)), V),
    "in_key": (in_key(NAMES, NoteNames(), 9, MINOR), len(NAMES)),
    "llama_cpp_order": (
        llama_cpp_order(
            repetition_penalty=1.13,
            dry={"multiplier": 0.83, "memory": 16},
            top_k=7,
            min_p=0.023,
            temperature=0.87,
        ),
        V,
    ),
    "look_back": (look_back(0.57, 3, 4), V),
    "loop_breaker": (loop_breaker(3, 2, 1.37), V),
    "max_leap": (max_leap(NAMES, NoteNames(), 5), len(NAMES)),
    "min_p": (min_p(0.13), V),
    "mirostat_1": (mirostat_1(1.93, 0.27, 12), V),
    "mirostat_2": (mirostat_2(1.93, 0.27), V),
    "no_long_rest": (no_long_rest(EVENTS, Events(), 11), len(EVENTS)),
    "no_long_rest: none there": (no_long_rest(NAMES, NoteNames(), 11), len(NAMES)),
    "no_repeat_ngram": (no_repeat_ngram(3, 16), V),
    "no_repeat_ngram: one": (no_repeat_ngram(1, 5), V),
    "pitch_range": (pitch_range(NAMES, NoteNames(), 50, 66), len(NAMES)),
    "presence_penalty": (presence_penalty(0.57), V),
    "quadratic_smoothing": (quadratic_smoothing(0.21, 1.7), V),
    "repetition_penalty": (repetition_penalty(1.2), V),
    "repetition_penalty: by sign": (repetition_penalty(1.2, by_sign=True), V),
    "tail_free": (tail_free(0.93), V),
    "temperature": (temperature(0.87), V),
    "top_a": (top_a(0.23), V),
    "top_h": (top_h(0.43), V),
    "top_k": (top_k(3), V),
    "top_k: one": (top_k(1), V),
    "top_n_sigma": (top_n_sigma(1.1), V),
    "top_p": (top_p(0.87), V),
    "top_p: all": (top_p(1.0), V),
    "transformers_order": (
        transformers_order(
            repetition_penalty=1.13,
            no_repeat_ngram=3,
            temperature=0.87,
            top_k=7,
            eta_cutoff=0.031,
        ),
        V,
    ),
    "typical": (typical(0.87), V),
    "xtc": (xtc(0.11, 0.6), V),
}
