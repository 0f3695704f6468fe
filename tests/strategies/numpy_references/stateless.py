"""References of the strategies without a state: functions of the logits."""

import numpy as np

from tests.strategies.numpy_references.base import (
    INF,
    best,
    entropy,
    keep,
    prefix,
    softmax,
    surprisal,
)


def greedy(logits):
    return keep(np.arange(len(logits)) == np.argmax(logits), logits)


def temperature(logits, value):
    return logits / value


def top_k(logits, k):
    return keep(prefix(logits, np.ones(len(logits)), k), logits)


def top_p(logits, p, slack=0.0):
    if p >= 1:
        return logits
    return keep(prefix(logits, softmax(logits), p, slack, slack), logits)


def min_p(logits, p, slack=0.0):
    enough = softmax(logits) >= p * softmax(logits).max() * (1 - slack)
    return keep(enough | best(logits), logits)


def top_a(logits, a, slack=0.0):
    p = softmax(logits)
    return keep((p >= a * p.max() ** 2 * (1 - slack)) | best(logits), logits)


def epsilon_cutoff(logits, epsilon, slack=0.0):
    enough = softmax(logits) >= epsilon * (1 - slack)
    return keep(enough | best(logits), logits)


def eta_cutoff(logits, epsilon, slack=0.0):
    eta = min(epsilon, np.sqrt(epsilon) * np.exp(-entropy(logits, slack)))
    return keep((softmax(logits) >= eta * (1 - slack)) | best(logits), logits)


def typical(logits, mass, slack=0.0):
    if mass >= 1:
        return logits
    distance = np.abs(surprisal(logits) - entropy(logits))
    finite = logits > -INF
    width = slack * (1 + np.where(finite, np.abs(surprisal(logits)), 0))
    return keep(prefix(-distance, softmax(logits), mass, slack, width), logits)


def top_n_sigma(logits, n, slack=0.0):
    sigma = np.std(logits[logits > -INF])
    least = logits.max() - n * sigma
    least -= slack * (abs(logits.max()) + n * sigma)
    return keep((logits >= least) | best(logits), logits)


def top_h(logits, alpha, slack=0.0):
    if alpha >= 1:
        return logits
    p = softmax(logits)
    p_log_p = np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0)
    to_x = logits[None, :] > (logits + slack)[:, None]
    to_x |= logits[None, :] == logits[:, None]
    entropies = np.log(to_x @ p) - (to_x @ p_log_p) / (to_x @ p)
    enough = entropies <= alpha * entropy(logits, slack)
    return keep(enough | best(logits), logits)


def tail_free(logits, z, slack=0.0):
    descending = np.sort(softmax(logits))[::-1]
    curvature = np.abs(np.diff(np.diff(descending)))
    total = curvature.sum()
    if z >= 1 or len(logits) < 3 or total <= 1e-15:
        return logits
    # Probabilities have errors of 1e-7, and so have their differences, however small.
    z = z * (1 + slack) + 0.03 * slack / total
    beyond = np.cumsum(curvature / total) > z
    if not beyond.any():
        return logits
    k = max(int(np.argmax(beyond)), 1)
    return keep(logits >= np.sort(logits)[::-1][k - 1] - max(slack, 0), logits)


def dynamic_temperature(logits, low, high, exponent, slack=0.0):
    n = np.sum(logits > -INF)
    if n == 1:
        return logits / low
    share = entropy(logits, slack) / np.log(n)
    return logits / (low + (high - low) * share**exponent)


def edt(logits, temperature, theta, base, slack=0.0):
    h = entropy(logits, slack)
    if theta == 0:
        heat = temperature
    else:
        heat = temperature * base ** (theta / h) if h > 0 else 0.0
    return (logits - logits.max() + slack) / max(heat, 1e-6)


def quadratic_smoothing(logits, factor, curve, slack=0.0):
    shaped = np.full(len(logits), -INF)
    for x in np.flatnonzero(logits > -INF):
        d = logits[x] - logits.max() + slack
        k, s = (3 - curve) / 2, (curve - 1) / 2
        shaped[x] = logits.max() - k * factor * d**2 + s * factor * d**3
    return shaped


def xtc(logits, threshold, removes, slack=0.0):
    """Reference of `XTC`; `removes` tells whether likely symbols are removed."""
    p = softmax(logits)
    above = p >= threshold * (1 - slack)
    if not removes or above.sum() < 2:
        return logits
    least = p == p[above].min()
    return keep(~above | least, logits)


def forbid(logits, ids):
    return keep(~np.isin(np.arange(len(logits)), ids), logits)


def allow(logits, ids):
    return keep(np.isin(np.arange(len(logits)), ids), logits)


def bias(logits, ids, values):
    shaped = logits.copy()
    for x, value in zip(ids, values, strict=True):
        shaped[x] += value
    return shaped
