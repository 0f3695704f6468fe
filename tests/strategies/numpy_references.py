"""Independent references: every strategy in NumPy, float64, from its formula.

`logits` is float64 `[v]`, -inf forbids. Written to be read: sorts, loops and v x v
tables are welcome. What has a state is a class with `apply` and `observe`.

`slack` tells what float32 can decide from what it cannot. It moves every comparison
of a rule by a relative amount (of a logit by an absolute one, which is the same):
up keeps more symbols, down keeps fewer. 0 is the rule itself.
"""

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
    """In nats. A sum of v float32 terms is no better than 1e-6 near zero."""
    p = softmax(logits)
    exact = -np.sum(p[p > 0] * np.log(p[p > 0]))
    return max(exact + slack * (exact + 0.1), 0.0)


def surprisal(logits):
    """-ln p, in nats."""
    return -log_softmax(logits)


def keep(mask, logits):
    return np.where(mask, logits, -INF)


def best(logits):
    return logits == logits.max()


def prefix(keys, weights, mass, slack=0.0, width=0.0):
    """Keep x while all that is strictly ahead of it weighs less than the mass.

    Keys within `width` are ahead of one another if it is negative, not if positive;
    equal keys never are.
    """
    ahead = keys[None, :] > (keys + width)[:, None]
    ahead &= keys[None, :] != keys[:, None]
    return ahead @ weights < mass * (1 + slack)


# Without a state.


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
    # Probabilities known to 1e-7 make differences known to 1e-7, however small.
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
    """`removes` is the outcome of the coin."""
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


# With a state.


class Stateless:
    """A function above as a strategy."""

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
            logits = stage.apply(logits, slack)
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
        """Length of the common suffix of recent[:end] and recent."""
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
    """`mu` in bits; a drawn symbol moves it, a prompt's does not."""

    def __init__(self, tau, eta):
        self.tau, self.eta, self.mu = tau, eta, 2 * tau
        self.handed = None

    def apply(self, logits, slack=0.0):
        self.handed = logits
        # mu has been rounded once a symbol.
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
        """Zipf's exponent by least squares over the m most probable symbols."""
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
        """KL(p || q) in nats."""
        on = p > 0
        return np.sum(p[on] * (log_softmax(logits)[on] - log_softmax(past)[on]))

    def observe(self, token):
        pass


class LoopBreaker(Remembering):
    def __init__(self, n, repeats, factor):
        super().__init__()
        self.n, self.repeats, self.factor, self.heat = n, repeats, factor, 1.0

    def run(self, period):
        """How many symbols in a row, up to the last, equal the one `period` before."""
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
        # It is drawn even if it was impossible.
        return allow(np.where(logits > -INF, logits, 0.0), [token])


class Guidance(Remembering):
    """`other(symbols)`: the other model's logits after its prompt and the symbols."""

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


class Contrastive(Remembering):
    """`amateur(symbols)`: its logits after all of the symbols, the prompt's too."""

    def __init__(self, amateur, alpha):
        super().__init__()
        self.amateur, self.alpha = amateur, alpha

    def shape(self, logits, slack):
        plausible = min_p(logits, self.alpha, slack) > -INF
        q = np.maximum(softmax(self.amateur(self.history)), 1e-30)
        shaped = np.full(len(logits), -INF)
        shaped[plausible] = (log_softmax(logits) - np.log(q))[plausible]
        return shaped


# Music. `sounds` lists the MIDI pitches of every symbol, () for none.


def pitch_range(logits, sounds, low, high):
    mask = [all(low <= pitch <= high for pitch in pitches) for pitches in sounds]
    return keep(mask, logits)


def in_key(logits, sounds, tonic, scale):
    classes = {(tonic + step) % 12 for step in scale}
    mask = [all(pitch % 12 in classes for pitch in pitches) for pitches in sounds]
    return keep(mask, logits)


class MaxLeap(Remembering):
    def __init__(self, sounds, semitones):
        super().__init__()
        self.sounds, self.semitones = sounds, semitones

    def shape(self, logits, slack):
        pitched = [self.sounds[x] for x in self.history if self.sounds[x]]
        if not pitched:
            return logits
        mask = [
            not pitches
            or min(abs(a - b) for a in pitches for b in pitched[-1]) <= self.semitones
            for pitches in self.sounds
        ]
        return keep(mask, logits)


class NoLongRest(Remembering):
    """`parsed` has a (kind, number) for every symbol: shift, duration, pitch, other."""

    def __init__(self, parsed, ticks):
        super().__init__()
        self.parsed, self.ticks = parsed, ticks

    def silence(self):
        """Clock beyond the end of all notes; a key struck again ends its last one."""
        clock, length, ends = 0, 12, {}
        struck, before = set(), None
        for kind, number in (self.parsed[x] for x in self.history):
            if kind == "shift":
                clock += number
                struck = set()
            elif kind == "duration":
                length = number + (length if before == "duration" else 0)
            elif kind == "pitch" and number not in struck:
                struck.add(number)
                ends[number] = clock + length
            before = kind
        return clock - max(ends.values(), default=0)

    def shape(self, logits, slack):
        silence = self.silence()
        mask = [
            kind != "shift" or silence + number <= self.ticks
            for kind, number in self.parsed
        ]
        return keep(mask, logits)
