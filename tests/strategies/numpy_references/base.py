"""Tools of the references: distributions, keeping symbols, chains and histories."""

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

    Near 0, a sum of v float32 terms has errors of 1e-6, so slack is absolute there.
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
    """Return a mask: x is kept if all entries ahead of it weigh less than the mass.

    An entry is ahead of x if its key exceeds that of x by more than `width`, which may
    be negative. Equal keys are never ahead of one another.
    """
    ahead = keys[None, :] > (keys + width)[:, None]
    ahead &= keys[None, :] != keys[:, None]
    return ahead @ weights < mass * (1 + slack)


class Stateless:
    """A strategy whose `apply` is a function of the logits."""

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
            shaped = stage.apply(logits, slack)
            # A stage that leaves nothing is passed over.
            if np.any(shaped > -np.inf):
                logits = shaped
        return logits

    def observe(self, token):
        for stage in self.stages:
            stage.observe(token)


class Remembering:
    """Keeps all symbols, and how many of them came before the first `apply`."""

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
