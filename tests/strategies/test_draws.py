"""Under every strategy, the drawn symbols have the right distribution.

The model is a table of logits by the last symbol, so the exact distribution of the
first two notes is known from the NumPy references. 100,000 streams draw two notes
each, and a chi-square test compares the counts of all pairs of symbols. The seed is
fixed. Over all seeds, a right strategy would fail once in 100,000 times, because
P(chi-square of 35 degrees > 82.6) = 1e-5. With all 36 pairs about equally likely, the
test notices in 99% of seeds if a probability of 0.0036 or more moves from one pair to
another, or 0.0088 or more from one first note to another. (The chi-square of 35 degrees
then has the noncentrality 92.) A pair that should be impossible is noticed whenever it
is drawn.
"""

import copy

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import chi2

from lstm_music_jax import strategies
from lstm_music_jax.generation.contexts import Carried
from lstm_music_jax.generation.generate import generate
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.vocabulary import Vocabulary
from tests.strategies.numpy_references import music, stateful, stateless as ref
from tests.strategies.numpy_references.base import Chain, Stateless, softmax
from tests.strategies.toy import toy, toy_logits

STREAMS = 100_000
FALSE_ALARM = 1e-5
SYMBOLS = 6
PROMPT = [0, 1, 2, 0, 1]
LOGITS = np.random.default_rng(5).normal(size=(2, SYMBOLS, SYMBOLS))
MODEL = toy(LOGITS[0], 0)
OTHER = toy(LOGITS[1], 0.5)

WRITTEN = ("pitch_60", "pitch_62", "pitch_67", "shift_12", "shift_24", "pitch_73")
PARSED = [(kind, int(n)) for kind, n in (symbol.split("_") for symbol in WRITTEN)]
SOUNDS = [(n,) if kind == "pitch" else () for kind, n in PARSED]
MUSIC = (Vocabulary(WRITTEN), Events())
MAJOR = (0, 2, 4, 5, 7, 9, 11)


class Xtc:
    """Reference of `XTC`: the mixture of its two outcomes, as log-probabilities."""

    def __init__(self, threshold, probability):
        self.threshold, self.probability = threshold, probability

    def apply(self, logits):
        with np.errstate(divide="ignore"):
            return np.log(
                (1 - self.probability) * softmax(logits)
                + self.probability * softmax(ref.xtc(logits, self.threshold, True))
            )

    def observe(self, token):
        pass


def stateless(strategy, reference, **hyperparameters):
    return strategy(**hyperparameters), Stateless(reference, **hyperparameters)


CASES = {
    "model alone": (strategies.Chain(), Chain()),
    "Greedy": stateless(strategies.Greedy, ref.greedy),
    "Temperature": stateless(strategies.Temperature, ref.temperature, value=0.6),
    "TopK": stateless(strategies.TopK, ref.top_k, k=3),
    "TopP": stateless(strategies.TopP, ref.top_p, p=0.7),
    "MinP": stateless(strategies.MinP, ref.min_p, p=0.4),
    "Forbid": stateless(strategies.Forbid, ref.forbid, ids=[1, 4]),
    "Allow": stateless(strategies.Allow, ref.allow, ids=[0, 2, 3]),
    "Bias": stateless(strategies.Bias, ref.bias, ids=[1, 4], values=[0.5, -2]),
    "TopA": stateless(strategies.TopA, ref.top_a, a=0.6),
    "Typical": stateless(strategies.Typical, ref.typical, mass=0.6),
    "EpsilonCutoff": stateless(
        strategies.EpsilonCutoff, ref.epsilon_cutoff, epsilon=0.1
    ),
    "EtaCutoff": stateless(strategies.EtaCutoff, ref.eta_cutoff, epsilon=0.4),
    "TopNSigma": stateless(strategies.TopNSigma, ref.top_n_sigma, n=1.2),
    "TopH": stateless(strategies.TopH, ref.top_h, alpha=0.8),
    "TailFree": stateless(strategies.TailFree, ref.tail_free, z=0.7),
    "DynamicTemperature": stateless(
        strategies.DynamicTemperature,
        ref.dynamic_temperature,
        low=0.2,
        high=2,
        exponent=2,
    ),
    "EDT": stateless(strategies.EDT, ref.edt, temperature=1, theta=2, base=0.8),
    "QuadraticSmoothing": stateless(
        strategies.QuadraticSmoothing, ref.quadratic_smoothing, factor=0.3, curve=1.5
    ),
    "XTC": (strategies.XTC(0.15, 0.4), Xtc(0.15, 0.4)),
    "RepetitionPenalty": (
        strategies.RepetitionPenalty(2),
        stateful.RepetitionPenalty(2, by_sign=False),
    ),
    "RepetitionPenalty by sign": (
        strategies.RepetitionPenalty(2, by_sign=True),
        stateful.RepetitionPenalty(2, by_sign=True),
    ),
    "FrequencyPenalty": (
        strategies.FrequencyPenalty(0.3),
        stateful.FrequencyPenalty(0.3),
    ),
    "PresencePenalty": (
        strategies.PresencePenalty(0.5),
        stateful.PresencePenalty(0.5),
    ),
    "NoRepeatNgram": (
        strategies.NoRepeatNgram(2, memory=8),
        stateful.NoRepeatNgram(2, 8),
    ),
    "DRY": (
        strategies.DRY(0.7, base=1.5, allowed_length=1, memory=8),
        stateful.Dry(0.7, base=1.5, allowed_length=1, breakers=(), memory=8),
    ),
    "Mirostat1": (
        strategies.Mirostat1(1.5, eta=0.8),
        stateful.Mirostat1(1.5, eta=0.8, m=100),
    ),
    "Mirostat2": (
        strategies.Mirostat2(1.2, eta=0.8),
        stateful.Mirostat2(1.2, eta=0.8),
    ),
    "AdaptiveP": (
        strategies.AdaptiveP(0.3, decay=0.5),
        stateful.AdaptiveP(0.3, decay=0.5),
    ),
    "LookBack": (
        strategies.LookBack(0.5, 3, memory=4),
        stateful.LookBack(0.5, 3, memory=4),
    ),
    "LoopBreaker": (
        strategies.LoopBreaker(3, 2, factor=2),
        stateful.LoopBreaker(3, 2, factor=2),
    ),
    "Force": (strategies.Force([1], [3]), stateful.Force([1], [3])),
    "Guidance": (
        strategies.Guidance(1.5, OTHER, [3, 4], Carried()),
        stateful.Guidance(1.5, lambda drawn: toy_logits(OTHER, [3, 4, *drawn])),
    ),
    "Contrastive": (
        strategies.Contrastive(OTHER, 0.15),
        stateful.Contrastive(lambda seen: toy_logits(OTHER, seen), 0.15),
    ),
    "ProductOfExperts": (
        strategies.ProductOfExperts(0.7, OTHER),
        stateful.ProductOfExperts(0.7, lambda seen: toy_logits(OTHER, seen)),
    ),
    "PitchRange": (
        strategies.PitchRange(*MUSIC, 60, 65),
        Stateless(music.pitch_range, sounds=SOUNDS, low=60, high=65),
    ),
    "InKey": (
        strategies.InKey(*MUSIC, 0, MAJOR),
        Stateless(music.in_key, sounds=SOUNDS, tonic=0, scale=MAJOR),
    ),
    "MaxLeap": (strategies.MaxLeap(*MUSIC, 6), music.MaxLeap(SOUNDS, 6)),
    "NoLongRest": (
        strategies.NoLongRest(*MUSIC, 8),
        music.NoLongRest(PARSED, 8),
    ),
    "WellFormed": (strategies.WellFormed(*MUSIC), music.WellFormed(PARSED)),
    "Chain": (
        strategies.Chain(
            strategies.RepetitionPenalty(1.5),
            strategies.Temperature(2),
            strategies.TopP(0.6),
        ),
        Chain(
            stateful.RepetitionPenalty(1.5, by_sign=False),
            Stateless(ref.temperature, value=2),
            Stateless(ref.top_p, p=0.6),
        ),
    ),
    "TransformersOrder": (
        strategies.TransformersOrder(
            strategies.RepetitionPenalty(1.5),
            strategies.Temperature(2),
            strategies.TopP(0.7),
        ),
        Chain(
            stateful.RepetitionPenalty(1.5, by_sign=True),
            Stateless(ref.temperature, value=2),
            Stateless(ref.top_p, p=0.7),
        ),
    ),
    "LlamaCppOrder": (
        strategies.LlamaCppOrder(
            strategies.RepetitionPenalty(1.5),
            strategies.Temperature(2),
            strategies.TopP(0.7),
            strategies.XTC(0.15, 1.0),
        ),
        Chain(
            stateful.RepetitionPenalty(1.5, by_sign=True),
            Stateless(ref.top_p, p=0.7),
            Stateless(ref.xtc, threshold=0.15, removes=True),
            Stateless(ref.temperature, value=2),
        ),
    ),
}


def next_note(reference, last):
    """Return the exact distribution after `last`.

    If the strategy forbids every symbol, it is that of the model.
    """
    logits = np.float64(MODEL.table[last])
    shaped = reference.apply(logits)
    return softmax(shaped if np.any(shaped > -np.inf) else logits)


def pairs_of_notes(reference):
    """Return the exact distribution of the first two notes, `[v v]`."""
    reference = copy.deepcopy(reference)
    for symbol in PROMPT:
        reference.observe(symbol)
    first = next_note(reference, PROMPT[-1])
    pairs = np.zeros((SYMBOLS, SYMBOLS))
    for symbol in np.flatnonzero(first):
        after = copy.deepcopy(reference)
        after.observe(symbol)
        pairs[symbol] = first[symbol] * next_note(after, symbol)
    return pairs


def test_the_references_of_the_cases_differ_from_the_model():
    """If a reference equalled the model, a strategy that does nothing would pass."""
    alone = pairs_of_notes(Chain())
    assert alone.min() > 0.0005
    for name in CASES.keys() - {"model alone"}:
        distance = np.abs(pairs_of_notes(CASES[name][1]) - alone).sum() / 2
        assert distance > 0.05, name


@pytest.mark.parametrize("name", CASES)
def test_pairs_of_notes(name):
    strategy, reference = CASES[name]
    prompts = jnp.tile(jnp.int32(PROMPT), (STREAMS, 1))
    drawn = generate(MODEL, prompts, jax.random.key(11), length=2, strategy=strategy)
    first, second = np.asarray(drawn.tokens).T
    counts = np.bincount(first * SYMBOLS + second, minlength=SYMBOLS**2)
    expected = STREAMS * pairs_of_notes(reference).ravel()
    assert np.all(counts[expected == 0] == 0)
    # The rarest pairs are counted together, because the chi-square distribution does
    # not hold for small counts.
    rare = expected < 10
    counts = np.append(counts[~rare], counts[rare].sum())
    expected = np.append(expected[~rare], max(expected[rare].sum(), 1e-9))
    distance = np.sum((counts - expected) ** 2 / expected)
    assert distance <= chi2.isf(FALSE_ALARM, max(len(expected) - 1, 1))
