"""A description of every note's distributions, computed within the scan."""

from typing import NamedTuple

import jax.numpy as jnp

from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.strategies.chain import Chain
from lstm_music_jax.types import Array, Bool, Float, Int, Logits, PRNGKey, PyTree, Token
from lstm_music_jax.xla.ordering import largest


class Trace(NamedTuple):
    """The distributions of each note, `[b n]`.

    Attributes:
        model_entropy: of the model's distribution, nats.
        strategy_entropy: of the distribution that was drawn from, nats.
        kept_mass: the model's probability of all symbols that could be drawn.
        kept_count: number of symbols that could be drawn.
        surprisal: -log p of the drawn symbol under the model, nats.
        rank: number of symbols that the model finds more probable than the drawn one.
        margin: difference in log-probability of the model's two best symbols, nats.
        empty_support: whether the strategy forbade every symbol; the model's own
            distribution was used then.
        stage_kept_mass: kept mass after each stage of a chain; other strategies have no
            stages.
    """

    model_entropy: Float[Array, "*b"]
    strategy_entropy: Float[Array, "*b"]
    kept_mass: Float[Array, "*b"]
    kept_count: Int[Array, "*b"]
    surprisal: Float[Array, "*b"]
    rank: Int[Array, "*b"]
    margin: Float[Array, "*b"]
    empty_support: Bool[Array, "*b"]
    stage_kept_mass: Float[Array, "*b stages"]


def apply_in_stages(
    strategy: Strategy, logits: Logits, state: PyTree, key: PRNGKey
) -> tuple[Logits, PyTree, list[Logits]]:
    """Apply a strategy.

    Returns:
        The shaped logits, the new state, and the logits after each stage of a chain.
    """
    if isinstance(strategy, Chain) and strategy.stages:
        stages, state = strategy.apply_stages(logits, state, key)
        return stages[-1], state, stages
    shaped, state = strategy.apply(logits, state, key)
    return shaped, state, []


def trace_note(
    log_probs: Float[Array, "v"],
    strategy_log_probs: Float[Array, "v"],
    empty: Bool[Array, ""],
    stages: list[Logits],
    token: Token,
) -> Trace:
    """Return the trace of one note.

    Args:
        log_probs: of the model.
        strategy_log_probs: of the distribution that was drawn from.
        empty: whether the strategy forbade every symbol.
        stages: logits after each stage of a chain.
        token: the drawn symbol.
    """
    probabilities = jnp.exp(log_probs)
    kept = strategy_log_probs > -jnp.inf
    best = largest(log_probs)
    others = jnp.where(jnp.arange(log_probs.shape[0]) == best, -jnp.inf, log_probs)
    masses = [jnp.sum(jnp.where(s > -jnp.inf, probabilities, 0.0)) for s in stages]
    return Trace(
        _entropy(log_probs, probabilities),
        _entropy(strategy_log_probs, jnp.exp(strategy_log_probs)),
        jnp.sum(jnp.where(kept, probabilities, 0.0)),
        jnp.sum(kept.astype(jnp.int32)),
        -log_probs[token],
        jnp.sum((log_probs > log_probs[token]).astype(jnp.int32)),
        log_probs[best] - jnp.max(others),
        empty,
        jnp.stack(masses) if masses else jnp.zeros(0, jnp.float32),
    )


def _entropy(log_probs, probabilities):
    return -jnp.sum(jnp.where(probabilities > 0, probabilities * log_probs, 0.0))
