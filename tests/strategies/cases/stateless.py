"""The strategies without a state, each with its reference."""

import numpy as np

from lstm_music_jax import strategies
from tests.strategies.cases.case import case, real, whole
from tests.strategies.numpy_references import stateless as ref


def some_ids(rng, v):
    return sorted(rng.choice(v, size=2, replace=False).tolist())


def two_reals(rng, v):
    return [float(np.float32(value)) for value in rng.normal(size=2) * 3]


STATELESS = {
    "Greedy": case(strategies.Greedy, ref.greedy, exact=True),
    "Temperature": case(strategies.Temperature, ref.temperature, value=real(0.05, 5)),
    "TopK": case(strategies.TopK, ref.top_k, exact=True, k=whole(1, 20)),
    "TopP": case(strategies.TopP, ref.top_p, exact=True, p=real(1e-3, 1, 1, 0.5)),
    "MinP": case(strategies.MinP, ref.min_p, exact=True, p=real(1e-3, 1, 1, 0.5)),
    "Forbid": case(strategies.Forbid, ref.forbid, exact=True, ids=some_ids),
    "Allow": case(strategies.Allow, ref.allow, exact=True, ids=some_ids),
    "Bias": case(strategies.Bias, ref.bias, ids=some_ids, values=two_reals),
    "TopA": case(strategies.TopA, ref.top_a, exact=True, a=real(0, 1, 0, 1)),
    "Typical": case(
        strategies.Typical, ref.typical, exact=True, mass=real(0.01, 1, 1, 0.5)
    ),
    "EpsilonCutoff": case(
        strategies.EpsilonCutoff,
        ref.epsilon_cutoff,
        exact=True,
        epsilon=real(1e-4, 0.2, 1e-6, 0.9),
    ),
    "EtaCutoff": case(
        strategies.EtaCutoff,
        ref.eta_cutoff,
        exact=True,
        epsilon=real(1e-4, 0.2, 1e-6, 0.9),
    ),
    "TopNSigma": case(
        strategies.TopNSigma, ref.top_n_sigma, exact=True, n=real(0.1, 3, 1, 8)
    ),
    "TopH": case(strategies.TopH, ref.top_h, exact=True, alpha=real(0.02, 1, 1)),
    "TailFree": case(
        strategies.TailFree, ref.tail_free, exact=True, z=real(0.05, 1, 1)
    ),
    "DynamicTemperature": case(
        strategies.DynamicTemperature,
        ref.dynamic_temperature,
        low=real(0.1, 1),
        high=real(1, 3),
        exponent=real(0.3, 3, 1),
    ),
    "EDT": case(
        strategies.EDT,
        ref.edt,
        temperature=real(0.1, 2),
        theta=real(0, 2, 0),
        base=real(0.3, 0.95, 0.8),
    ),
    "QuadraticSmoothing": case(
        strategies.QuadraticSmoothing,
        ref.quadratic_smoothing,
        factor=real(0.05, 3),
        curve=real(1, 3, 1, 3),
    ),
}
