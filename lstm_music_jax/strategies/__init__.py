"""Sampling strategies: one file each, a common contract, a composition."""

from lstm_music_jax.pytrees import pytree, static
from lstm_music_jax.strategies.adaptive_p import adaptive_p
from lstm_music_jax.strategies.allow import allow
from lstm_music_jax.strategies.base import Strategy, hyperparameter
from lstm_music_jax.strategies.bias import bias
from lstm_music_jax.strategies.chain import chain
from lstm_music_jax.strategies.contrastive import contrastive
from lstm_music_jax.strategies.dry import dry
from lstm_music_jax.strategies.dynamic_temperature import dynamic_temperature
from lstm_music_jax.strategies.edt import edt
from lstm_music_jax.strategies.epsilon_cutoff import epsilon_cutoff
from lstm_music_jax.strategies.eta_cutoff import eta_cutoff
from lstm_music_jax.strategies.forbid import forbid
from lstm_music_jax.strategies.force import force
from lstm_music_jax.strategies.frequency_penalty import frequency_penalty
from lstm_music_jax.strategies.greedy import greedy
from lstm_music_jax.strategies.guidance import guidance
from lstm_music_jax.strategies.in_key import (
    HARMONIC_MINOR,
    MAJOR,
    MINOR,
    PENTATONIC,
    in_key,
)
from lstm_music_jax.strategies.look_back import look_back
from lstm_music_jax.strategies.loop_breaker import loop_breaker
from lstm_music_jax.strategies.max_leap import max_leap
from lstm_music_jax.strategies.min_p import min_p
from lstm_music_jax.strategies.mirostat_1 import mirostat_1
from lstm_music_jax.strategies.mirostat_2 import mirostat_2
from lstm_music_jax.strategies.no_long_rest import no_long_rest
from lstm_music_jax.strategies.no_repeat_ngram import no_repeat_ngram
from lstm_music_jax.strategies.pitch_range import pitch_range
from lstm_music_jax.strategies.presence_penalty import presence_penalty
from lstm_music_jax.strategies.presets import llama_cpp_order, transformers_order
from lstm_music_jax.strategies.quadratic_smoothing import quadratic_smoothing
from lstm_music_jax.strategies.repetition_penalty import repetition_penalty
from lstm_music_jax.strategies.tail_free import tail_free
from lstm_music_jax.strategies.temperature import temperature
from lstm_music_jax.strategies.top_a import top_a
from lstm_music_jax.strategies.top_h import top_h
from lstm_music_jax.strategies.top_k import top_k
from lstm_music_jax.strategies.top_n_sigma import top_n_sigma
from lstm_music_jax.strategies.top_p import top_p
from lstm_music_jax.strategies.typical import typical
from lstm_music_jax.strategies.xtc import xtc

__all__ = [
    "HARMONIC_MINOR",
    "MAJOR",
    "MINOR",
    "PENTATONIC",
    "Strategy",
    "adaptive_p",
    "allow",
    "bias",
    "chain",
    "contrastive",
    "dry",
    "dynamic_temperature",
    "edt",
    "epsilon_cutoff",
    "eta_cutoff",
    "forbid",
    "force",
    "frequency_penalty",
    "greedy",
    "guidance",
    "hyperparameter",
    "in_key",
    "llama_cpp_order",
    "look_back",
    "loop_breaker",
    "max_leap",
    "min_p",
    "mirostat_1",
    "mirostat_2",
    "no_long_rest",
    "no_repeat_ngram",
    "pitch_range",
    "presence_penalty",
    "pytree",
    "quadratic_smoothing",
    "repetition_penalty",
    "static",
    "tail_free",
    "temperature",
    "top_a",
    "top_h",
    "top_k",
    "top_n_sigma",
    "top_p",
    "transformers_order",
    "typical",
    "xtc",
]
