"""References of the strategies with a state."""

import numpy as np

from tests.strategies.numpy_references.base import (
    INF,
    Remembering,
    best,
    keep,
    log_softmax,
    softmax,
    surprisal,
)
from tests.strategies.numpy_references.stateless import allow, min_p, top_k


class RepetitionPenalty(Remembering):
    def __init__(self, penalty, by_sign):
        super().__init__()
        self.penalty, self.by_sign = penalty, by_sign

    def shape(self, logits, slack):
        shaped = logits.copy()
        for x in set(self.history):
            lowers = self.by_sign and logits[x] < 0
            shaped[x] *= self.penalty if lowers else 1 / self.penalty
        return shaped


class FrequencyPenalty(Remembering):
    def __init__(self, penalty):
        super().__init__()
        self.penalty = penalty

    def shape(self, logits, slack):
        counts = [self.history.count(x) for x in range(len(logits))]
        return logits - self.penalty * np.array(counts)


class PresencePenalty(FrequencyPenalty):
    def shape(self, logits, slack):
        seen = [x in self.history for x in range(len(logits))]
        return logits - self.penalty * np.array(seen)


class NoRepeatNgram(Remembering):
    def __init__(self, n, memory):
        super().__init__()
        self.n, self.memory = n, memory

    def shape(self, logits, slack):
        shaped, recent = logits.copy(), self.history[-self.memory :]
        ngrams = [recent[i : i + self.n] for i in range(len(recent) - self.n + 1)]
        last = recent[len(recent) - self.n + 1 :]
        for ngram in ngrams:
            if ngram[:-1] == last:
                shaped[ngram[-1]] = -INF
        return shaped


class Dry(Remembering):
    def __init__(self, multiplier, base, allowed_length, breakers, memory):
        super().__init__()
        self.multiplier, self.base = multiplier, base
        self.allowed_length, self.breakers = allowed_length, breakers
        self.memory = memory

    def match(self, recent, end):
        """Return the length of the common suffix of recent[:end] and recent."""
        length = 0
        while (
            length < end
            and recent[end - 1 - length] == recent[-1 - length]
            and recent[-1 - length] not in self.breakers
        ):
            length += 1
        return length

    def shape(self, logits, slack):
        shaped, recent = logits.copy(), self.history[-self.memory :]
        for x in range(len(logits)):
            earlier = [j for j in range(1, len(recent)) if recent[j] == x]
            longest = max((self.match(recent, j) for j in earlier), default=0)
            if longest >= self.allowed_length and x not in self.breakers:
                power = min(longest, 50) - self.allowed_length
                shaped[x] -= self.multiplier * self.base**power
        return shaped


class Mirostat2:
    """Reference of `Mirostat2`. Only drawn symbols move `mu`, which is in bits."""

    def __init__(self, tau, eta):
        self.tau, self.eta, self.mu = tau, eta, 2 * tau
        self.handed = None

    def apply(self, logits, slack=0.0):
        self.handed = logits
        # mu has been rounded once per symbol.
        return self.shape(logits, self.mu + slack * (10 + abs(self.mu)), slack)

    def shape(self, logits, mu, slack):
        return keep((surprisal(logits) / np.log(2) <= mu) | best(logits), logits)

    def observe(self, token):
        if self.handed is not None:
            bits = surprisal(self.handed)[token] / np.log(2)
            self.mu -= self.eta * (bits - self.tau)


class Mirostat1(Mirostat2):
    def __init__(self, tau, eta, m):
        super().__init__(tau, eta)
        self.m = m

    def shape(self, logits, mu, slack):
        slopes = [self.slope(logits) + move for move in (abs(slack), 0, -abs(slack))]
        sizes = [self.size(s, mu, len(logits)) * (1 + slack) for s in slopes]
        k = max(sizes) if slack > 0 else min(sizes)
        return top_k(logits, int(np.clip(np.rint(k), 1, len(logits))))

    def slope(self, logits):
        """Return Zipf's exponent by least squares over the m most probable symbols."""
        largest = np.sort(logits)[::-1][: self.m]
        tb = tt = 0.0
        for i in range(1, len(largest)):
            if largest[i] > -INF:
                t = np.log((i + 1) / i)
                tb += t * (largest[i - 1] - largest[i])
                tt += t**2
        return tb / tt if tt else 0.0

    @staticmethod
    def size(s, mu, v):
        if s <= 0:
            return v
        e = s - 1
        per_rate = e / (1 - v**-e) if abs(e) > 1e-9 else 1 / np.log(v)
        with np.errstate(over="ignore"):
            return min(np.exp(np.log(per_rate * 2**mu) / s), v)


class AdaptiveP:
    def __init__(self, target, decay):
        self.target, self.decay = target, decay
        self.total, self.weight = target / (1 - decay), 1 / (1 - decay)
        self.handed = None

    def apply(self, logits, slack=0.0):
        self.handed = softmax(logits)
        aim = np.clip(2 * self.target - self.total / self.weight, 0, 1)
        distance = np.abs(self.handed - aim) / 0.3
        return keep(logits > -INF, 5 - 10 * distance**2 / (1 + distance))

    def observe(self, token):
        if self.handed is not None:
            self.total = self.decay * self.total + self.handed[token]
            self.weight = self.decay * self.weight + 1


class LookBack:
    def __init__(self, alpha, k, memory):
        self.alpha, self.k, self.memory = alpha, k, memory
        self.handed = []

    def apply(self, logits, slack=0.0):
        p = softmax(logits)
        past = self.handed[-self.memory :]
        self.handed.append(logits)
        nearest = min((self.divergence(p, logits, q) for q in past), default=INF)
        if nearest > self.alpha - slack * (1 + self.alpha):
            return top_k(logits, 1)
        return top_k(logits, self.k)

    @staticmethod
    def divergence(p, logits, past):
        """Return KL(p || q) in nats."""
        on = p > 0
        return np.sum(p[on] * (log_softmax(logits)[on] - log_softmax(past)[on]))

    def observe(self, token):
        pass


class LoopBreaker(Remembering):
    def __init__(self, n, repeats, factor):
        super().__init__()
        self.n, self.repeats, self.factor, self.heat = n, repeats, factor, 1.0

    def run(self, period):
        """Return how many of the last symbols equal the symbol `period` before them."""
        run = 0
        for i in reversed(range(period, len(self.history))):
            if self.history[i] != self.history[i - period]:
                break
            run += 1
        return run

    def shape(self, logits, slack):
        loop = any(
            self.run(period) >= period * (self.repeats - 1)
            for period in range(1, self.n + 1)
        )
        self.heat = self.heat * self.factor if loop else 1.0
        return logits / self.heat


class Force(Remembering):
    def __init__(self, positions, tokens):
        super().__init__()
        self.forced = dict(zip(positions, tokens, strict=True))

    def shape(self, logits, slack):
        token = self.forced.get(len(self.generated))
        if token is None:
            return logits
        # The symbol is drawn even if it was forbidden.
        return allow(np.where(logits > -INF, logits, 0.0), [token])


class MinLength(Remembering):
    def __init__(self, length, stop):
        super().__init__()
        self.length, self.stop = length, stop

    def shape(self, logits, slack):
        if len(self.generated) >= self.length:
            return logits
        return keep(np.arange(len(logits)) != self.stop, logits)


class ExponentialDecayLength(Remembering):
    """As transformers writes it, except that a forbidden symbol stays forbidden."""

    def __init__(self, start, factor, stop):
        super().__init__()
        self.start, self.factor, self.stop = start, factor, stop

    def shape(self, logits, slack):
        late = len(self.generated) - self.start
        if late <= 0 or logits[self.stop] == -INF:
            return logits
        penalties = np.zeros(len(logits))
        penalties[self.stop] = abs(logits[self.stop]) * (self.factor**late - 1)
        return logits + penalties


class SequenceBias(Remembering):
    def __init__(self, sequences, biases):
        super().__init__()
        self.sequences, self.biases = sequences, biases

    def shape(self, logits, slack):
        shaped = logits.copy()
        for sequence, bias in zip(self.sequences, self.biases, strict=True):
            *others, last = sequence
            if self.history[len(self.history) - len(others) :] == others:
                shaped[last] += bias
        return shaped


def mix(number):
    """Return MurmurHash3's finaliser."""
    number = (number ^ number >> 16) * 0x85EBCA6B % 2**32
    number = (number ^ number >> 13) * 0xC2B2AE35 % 2**32
    return number ^ number >> 16


def green(key, context, v, count):
    """Return the set of the green symbols."""
    first = mix(key)
    for symbol in context:
        first = mix(first ^ symbol)
    second = mix(first ^ 0x9E3779B9)
    scores = {x: mix(mix(x ^ first) ^ second) for x in range(v)}
    return set(sorted(scores, key=scores.get)[:count])


class Watermark(Remembering):
    """Python rounds halves to even as well."""

    def __init__(self, key, gamma, delta, width):
        super().__init__()
        self.key, self.gamma, self.delta = key, gamma, delta
        self.width = width

    def shape(self, logits, slack):
        if len(self.history) < self.width:
            return logits
        v = len(logits)
        count = min(max(round(self.gamma * v), 1), v - 1)
        shaped = logits.copy()
        for x in green(self.key, self.history[-self.width :], v, count):
            shaped[x] += self.delta
        return shaped


class Guidance(Remembering):
    """Reference of `Guidance`.

    `other(symbols)` returns the guiding model's logits after its prompt and `symbols`.
    """

    def __init__(self, scale, other):
        super().__init__()
        self.scale, self.other = scale, other

    def shape(self, logits, slack):
        u = log_softmax(self.other(self.generated))
        c = log_softmax(logits)
        shaped = np.full(len(logits), -INF)
        for x in np.flatnonzero(logits > -INF):
            shaped[x] = u[x] + self.scale * (c[x] - u[x])
        return shaped


class ProductOfExperts(Remembering):
    """Reference of `ProductOfExperts`.

    `expert(symbols)` returns the logits of the second model after the prompt and the
    symbols.
    """

    def __init__(self, weight, expert):
        super().__init__()
        self.weight, self.expert = weight, expert

    def shape(self, logits, slack):
        q = np.maximum(softmax(self.expert(self.history)), 1e-30)
        return logits + self.weight * np.log(q)


class Contrastive(Remembering):
    """Reference of `Contrastive`.

    `amateur(symbols)` returns the amateur's logits after the prompt and the symbols.
    """

    def __init__(self, amateur, alpha):
        super().__init__()
        self.amateur, self.alpha = amateur, alpha

    def shape(self, logits, slack):
        plausible = min_p(logits, self.alpha, slack) > -INF
        q = np.maximum(softmax(self.amateur(self.history)), 1e-30)
        shaped = np.full(len(logits), -INF)
        shaped[plausible] = (log_softmax(logits) - np.log(q))[plausible]
        return shaped
