"""Epsilon-perplexity: a perplexity that is finite for strategies that forbid symbols.

    exp(mean of -log((p + epsilon) / (1 + epsilon v))),

where p is the probability of the true symbol in the shaped distribution, and v is the
size of the vocabulary. The formula mixes the shaped distribution with the uniform
distribution, which has the share epsilon v / (1 + epsilon v). Each strategy gets the
epsilon that makes its own perplexity lowest, as in the authors' code. The same epsilon
for all would have other effects in small vocabularies than in large ones.

References:
    Martins, Marinho & Martins 2020, Sparse Text Generation,
    https://arxiv.org/abs/2004.02644; https://github.com/deep-spin/sparse_text_generation.
"""

import numpy as np
from jaxtyping import Float


def log_epsilon_perplexities(
    log_probs: Float[np.ndarray, "*s n"], vocab_size: int, epsilon: float
) -> Float[np.ndarray, "*s n"]:
    """Return -log((p + epsilon) / (1 + epsilon v)) for each symbol, in nats.

    Args:
        log_probs: log p, such as `Forced.strategy_log_probs`; -inf where the strategy
            forbids the true symbol.
        vocab_size: number of symbols in the vocabulary, v.
        epsilon: 0 or more.

    Raises:
        ValueError: `epsilon` is below 0.
    """
    if not 0 <= epsilon < np.inf:
        raise ValueError(f"epsilon is {epsilon}; it must be 0 or more")
    probabilities = np.exp(log_probs.astype(np.float64))
    with np.errstate(divide="ignore"):
        return np.log1p(epsilon * vocab_size) - np.log(probabilities + epsilon)


def best_epsilon(log_probs: Float[np.ndarray, "n"], vocab_size: int) -> float:
    """Return the epsilon that gives the lowest epsilon-perplexity.

    The mean in the formula is a convex function of the share of the uniform
    distribution. So its derivative has one root, which bisection finds. A share of 1
    would need an infinite epsilon. If it is the best, the share is taken as 1 - 1e-9.

    >>> float(round(best_epsilon(np.log([1.0, 1.0, 1.0, 1e-9]), 100), 5))
    0.00338

    Args:
        log_probs: as in `log_epsilon_perplexities`, for all symbols of all pieces.
        vocab_size: number of symbols in the vocabulary, v.
    """
    probabilities = np.exp(log_probs.astype(np.float64))
    excess = 1 / vocab_size - probabilities

    def slope(share):
        with np.errstate(divide="ignore"):
            return -np.mean(excess / (probabilities + share * excess))

    low, high = 0.0, 1 - 1e-9
    if slope(low) >= 0:
        return 0.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return float(low / (vocab_size * (1 - low)))
