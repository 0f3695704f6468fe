"""Epsilon-perplexity: a perplexity that is finite for strategies that forbid symbols.

A strategy turns the model's distribution of the next symbol into the distribution that
is drawn from. The plain perplexity of given pieces is infinite if the strategy forbids
any of their symbols. The epsilon-perplexity is

    exp(mean of -log((p + epsilon) / (1 + epsilon v))),

where p is the probability of the true symbol after the strategy, and v is the size of
the vocabulary. The formula mixes the strategy's distribution with the uniform
distribution, which has the share epsilon v / (1 + epsilon v). Each strategy gets the
epsilon that makes its own epsilon-perplexity lowest, as in the authors' code. If one
epsilon were used everywhere, the uniform distribution would have a larger share in
models with a larger vocabulary.

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
        log_probs: log p of each true symbol, nats; -inf where the strategy forbids it.
            `Forced.strategy_log_probs` holds them. There is a row for each of s
            settings of the strategy, or no such axis.
        vocab_size: number of symbols in the vocabulary, v.
        epsilon: 0 or more, and finite.

    Raises:
        ValueError: `epsilon` is below 0, infinite or NaN.
    """
    if not 0 <= epsilon < np.inf:
        raise ValueError(f"epsilon is {epsilon}; it must be 0 or more")
    probabilities = np.exp(log_probs.astype(np.float64))
    with np.errstate(divide="ignore"):
        return np.log1p(epsilon * vocab_size) - np.log(probabilities + epsilon)


def best_epsilon(log_probs: Float[np.ndarray, "n"], vocab_size: int) -> float:
    """Return the epsilon that gives the lowest epsilon-perplexity.

    The mean in the formula is a convex function of the share of the uniform
    distribution. So bisection of its derivative finds the best share. A share of 1
    would need an infinite epsilon. If it is the best, the share is taken as 1 - 1e-9.

    >>> float(round(best_epsilon(np.log([1.0, 1.0, 1.0, 1e-9]), 100), 5))
    0.00338

    Args:
        log_probs: log p of each true symbol of all pieces, nats, as in
            `log_epsilon_perplexities`.
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
