"""Forbidding symbols."""

import jax.numpy as jnp

from lstm_music_jax.types import Array, Bool, Logits


def forbid_unless(keep: Bool[Array, "v"], logits: Logits) -> Logits:
    """Return `logits` with -inf where `keep` is false."""
    return jnp.where(keep, logits, -jnp.inf)
