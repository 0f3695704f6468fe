"""Helpers of the references: distributions, truncation, chains and histories."""

import copy
import inspect

import numpy as np

INF = np.inf


def softmax(logits):
    weights = np.exp(logits - logits.max())
    return weights / weights.sum()


def log_softmax(logits):
    shifted = logits - logits.max()
    return shifted - np.log(np.exp(shifted).sum())


def entropy(logits, slack=0.0):
    """Return the entropy in nats.

    Near zero, the slack is absolute: a float32 sum of v terms is off by about 1e-6.
    """
    p = softmax(logits)
    exact = -np.sum(p[p > 0] * np.log(p[p > 0]))
    return max(exact + slack * (exact + 0.1), 0.0)


def surprisal(logits):
    """Return -ln p, in nats."""
    return -log_softmax(logits)


def keep(mask, logits):
    return np.where(mask, logits, -INF)


def best(logits):
    return logits == logits.max()


def prefix(keys, weights, mass, slack=0.0, width=0.0):
    """Return which symbols are kept: x is, if those ahead of it weigh less than mass.

    An entry is ahead of x if its key exceeds that of x by more than `width`, which may
    be negative. Equal keys are never ahead of one another.
    """
    ahead = keys[None, :] > (keys + width)[:, None]
    ahead &= keys[None, :] != keys[:, None]
    return ahead @ weights < mass * (1 + slack)


class Stateless:
    """Makes a reference with `apply` and `observe` out of a function."""

    def __init__(self, function, **hyperparameters):
        self.function, self.hyperparameters = function, hyperparameters
        self.takes_slack = "slack" in inspect.signature(function).parameters

    def apply(self, logits, slack=0.0):
        if np.all(logits == -INF):
            return logits
        slack = {"slack": slack} if self.takes_slack else {}
        return self.function(logits, **self.hyperparameters, **slack)

    def observe(self, token):
        pass


class Chain:
    def __init__(self, *stages):
        self.stages = stages

    def apply(self, logits, slack=0.0):
        for stage in self.stages:
            exact = copy.deepcopy(stage).apply(logits) if slack else None
            shaped = stage.apply(logits, slack)
            # A stage that forbids every symbol is ignored, whatever the slack is.
            if np.any((shaped if exact is None else exact) > -INF):
                logits = shaped
        return logits

    def observe(self, token):
        for stage in self.stages:
            stage.observe(token)


class Remembering:
    """Remembers all symbols, and how many of them came before the first `apply`."""

    def __init__(self):
        self.history, self.prompt = [], None

    def apply(self, logits, slack=0.0):
        if self.prompt is None:
            self.prompt = len(self.history)
        return self.shape(logits, slack)

    def observe(self, token):
        self.history.append(int(token))

    @property
    def generated(self):
        return [] if self.prompt is None else self.history[self.prompt :]
