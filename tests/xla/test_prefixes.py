"""The sort-free `keep_mass`, compared with a sort in float64."""

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings, strategies as st

from lstm_music_jax.xla.ordering import keep_mass


def by_sorting(keys, weights, mass):
    """Return the prefix that reaches the mass, from a sort."""
    order = np.argsort(-keys, kind="stable")
    reached = np.cumsum(weights[order].astype(np.float64)) >= mass
    if not reached.any():
        return np.ones(len(keys), bool)
    return keys >= keys[order[np.argmax(reached)]]


few_values = st.sampled_from([-np.inf, -2.0, -0.0, 0.0, 2e-38, 0.5, 1.0, 3e38])
# Subnormal numbers are left out, because XLA treats them as zeros on a CPU.
any_value = st.floats(width=32, allow_nan=False, allow_subnormal=False)


@settings(max_examples=300)
@given(
    st.lists(st.one_of(few_values, any_value), min_size=1, max_size=12),
    st.integers(1, 14),
)
def test_count_mass_equals_sorting(keys, count):
    keys = np.array(keys, np.float32)
    ones = np.ones_like(keys)
    kept = _keep_mass(keys, ones, np.float32(count))
    np.testing.assert_array_equal(kept, by_sorting(keys + 0.0, ones, count))


@settings(max_examples=300)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 1.0), st.floats(0.1, 30.0))
def test_probability_mass_equals_sorting(seed, mass, spread):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=308) * spread
    probabilities = np.exp(logits - logits.max())
    probabilities = (probabilities / probabilities.sum()).astype(np.float32)
    kept = np.asarray(_keep_mass(probabilities, probabilities, np.float32(mass)))
    wanted = by_sorting(probabilities, probabilities, mass)
    # If the sum equals the mass exactly, rounding may put it just above or below.
    if not np.array_equal(kept, wanted):
        total = probabilities[kept].sum(dtype=np.float64)
        assert abs(total - mass) < 1e-5 or mass - probabilities[wanted].sum() < 1e-5
        assert abs(int(kept.sum()) - int(wanted.sum())) <= 1 or mass > 0.9999
    threshold = probabilities[kept].min()
    np.testing.assert_array_equal(kept, probabilities >= threshold)


_keep_mass = jax.jit(lambda k, w, m: keep_mass(jnp.asarray(k), jnp.asarray(w), m))
