"""Sampling strategies: one file each, a common contract, a composition."""

from lstm_music_jax.strategies.base import Strategy, hyperparameter, pytree, static
from lstm_music_jax.strategies.chain import chain
from lstm_music_jax.strategies.forbid import forbid
from lstm_music_jax.strategies.greedy import greedy
from lstm_music_jax.strategies.min_p import min_p
from lstm_music_jax.strategies.repetition_penalty import repetition_penalty
from lstm_music_jax.strategies.temperature import temperature
from lstm_music_jax.strategies.top_k import top_k
from lstm_music_jax.strategies.top_p import top_p

__all__ = [
    "Strategy",
    "chain",
    "forbid",
    "greedy",
    "hyperparameter",
    "min_p",
    "pytree",
    "repetition_penalty",
    "static",
    "temperature",
    "top_k",
    "top_p",
]
