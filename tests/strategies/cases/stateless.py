"""The strategies without a state, each beside its reference."""

import numpy as np

from lstm_music_jax import strategies
from tests.strategies.cases.case import case, real, whole
from tests.strategies.numpy_references import stateless as ref


def some_ids(rng, v):
    return sorted(rng.choice(v, size=2, replace=False).tolist())


def two_reals(rng, v):
    return [float(np.float32(value)) for value in rng.normal(size=2) * 3]


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
