"""Expressions: they read back as the strategy that wrote them, or give one line."""

import random

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from lstm_music_jax import strategies as s
from lstm_music_jax.fields import size
from lstm_music_jax.generation.contexts import Carried, SlidingWindow
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.encodings.performance import Performance
from lstm_music_jax.pytrees import static
from lstm_music_jax.strategies.expressions import read_strategy
from tests.strategies.table import EVENTS, KNOWN as PIECES, MODEL, NAMES, TABLE


class Named(s.Strategy):
    """A strategy with an optional encoding, strings, a dict and whole numbers."""

    encoding: object = static(default=Events(24))
    words: tuple = static(default=())
    weights: object = None

    def apply(self, logits, state, key):
        return logits, state


class Counting(s.Strategy):
    """A strategy with a number of the same name as an argument of a run."""

    context: int = size()

    def apply(self, logits, state, key):
        return logits, state


CLASSES = (Carried, SlidingWindow, Events, NoteNames, Performance, Named, Counting)
CLASSES += tuple({type(strategy) for strategy, _ in TABLE.values()})
KNOWN = {cls.__name__: cls for cls in CLASSES} | {
    "MAJOR": s.MAJOR,
    "MINOR": s.MINOR,
    "corpus": PIECES,
    "model": MODEL,
    "vocabulary": EVENTS,
    "context": Carried(),
}
SUPPLIED = {
    "corpus": PIECES,
    "vocabulary": EVENTS,
    "encoding": Events(),
    "context": Carried(),
}
OTHER = type(MODEL)(2 * MODEL.table)


def read(text, names=KNOWN, supplied=SUPPLIED, **options):
    return read_strategy(text, names, supplied, **options)


def read_in_run(text):
    def id_of(symbol):
        return int(EVENTS.ids_of([symbol])[0])

    def model_of(folder):
        if folder != "small":
            raise ValueError(f"run is {folder}; it must be a run folder")
        return OTHER

    return read(text, id_of=id_of, model_of=model_of)


@pytest.mark.parametrize("name", TABLE)
def test_the_repr_of_every_strategy_reads_back(name):
    strategy, vocab_size = TABLE[name]
    vocabulary = {len(known): known for known in (NAMES, EVENTS)}[vocab_size]
    again = read_strategy(repr(strategy), KNOWN | {"vocabulary": vocabulary})
    assert again == strategy
    assert repr(again) == repr(strategy)


READ = {
    "TopP(0.9)": s.TopP(0.9),
    "Chain(" * 50 + ")" * 50: s.Chain(),
    " TopP( p = 1 ) # all\n": s.TopP(1.0),
    "Chain()": s.Chain(),
    "Chain(\n  Chain(Greedy()),\r\n  TopK(k=3)\n)": s.Chain(s.Greedy(), s.TopK(3)),
    "RepetitionPenalty(1.2, by_sign=True)": s.RepetitionPenalty(1.2, by_sign=True),
    "Bias((1, 2), [-0.5, 1e-3])": s.Bias([1, 2], [-0.5, 1e-3]),
    "SequenceBias([[1, 2]], [float('-inf')])": s.SequenceBias([[1, 2]], [-np.inf]),
    "SequenceBias([[1, 2]], [-float('inf')])": s.SequenceBias([[1, 2]], [-np.inf]),
    "TransformersOrder(TopP(0.9), TopK(3))": s.TransformersOrder(
        s.TopK(3), s.TopP(0.9)
    ),
    "Named(weights={'a': -1, 'b': [None]})": Named(weights={"a": -1, "b": [None]}),
    "Named(words=('pitch_60', 'b'))": Named(words=("pitch_60", "b")),
    # Supplied arguments may be left out, or be given.
    "PitchRange(60, 70)": s.PitchRange(EVENTS, Events(), 60, 70),
    "PitchRange(high=70, low=60)": s.PitchRange(EVENTS, Events(), 60, 70),
    "PitchRange(vocabulary, 60, 70)": s.PitchRange(EVENTS, Events(), 60, 70),
    "PitchRange(vocabulary, Performance(), 60, 70, )": None,
    "PitchRange(Events(24), low=60, high=70)": None,
    "PitchRange(encoding=Events(24), vocabulary=vocabulary, low=60, high=70)": (
        s.PitchRange(EVENTS, Events(24), 60, 70)
    ),
    "CopyLimit(7)": s.CopyLimit(7, PIECES),
    "CopyLimit(7, transposed=True)": s.CopyLimit(7, PIECES, True),
    "InKey(9, MINOR)": s.InKey(EVENTS, Events(), 9, s.MINOR),
    "Guidance(1.5, model, [2])": s.Guidance(1.5, MODEL, [2], Carried()),
    "Guidance(1.5, model, [2], SlidingWindow(3))": (
        s.Guidance(1.5, MODEL, [2], SlidingWindow(3))
    ),
    # Its encoding has a default.
    "Named()": Named(Events(24)),
    "Counting(3)": Counting(3),
    "Counting(context=3)": Counting(3),
    # Another model, and symbols in place of ids.
    "Contrastive(run='small', alpha=0.1)": s.Contrastive(OTHER, 0.1),
    "Guidance(2, run='small', prompt=['pitch_62'])": (
        s.Guidance(2, OTHER, [2], Carried())
    ),
    "Forbid(['pitch_60', 5, 'shift_3'])": s.Forbid([0, 5, 12]),
    "SequenceBias((('pitch_61', 'pitch_60'), [3]), [1, 2])": (
        s.SequenceBias([[1, 0], [3]], [1, 2])
    ),
    "DRY(1, breakers=['shift_3'])": s.DRY(1, breakers=[12]),
    "Force([0], ['pitch_63'])": s.Force([0], [3]),
    "MinLength(3, 'shift_3')": s.MinLength(3, 12),
}


@pytest.mark.parametrize("text", [text for text, made in READ.items() if made])
def test_expressions_that_are_read(text):
    assert read_in_run(text) == READ[text]


DEEP = "it may be nested 50 deep"
REFUSED = {
    "TopQ(0.9)": "strategy is 'TopQ(0.9)'; at character 1, TopQ is not a known name; "
    "did you mean TopP",
    "Chain(TopP(0.9), top_p(0.9))": "at character 18, top_p is not a known name; did "
    "you mean TopP",
    "InKey(9, MAJR)": "at character 10, MAJR is not a known name; did you mean MAJOR",
    "Zzzzzzzz()": "Zzzzzzzz is not a known name; did you mean ",
    "Chain(\n TopP(1.5))": r"strategy is 'Chain(\n TopP(1.5))'; at character 9, p of "
    "TopP is 1.5; it must be in (0, 1]",
    "Chain(Forbid(['é']), TopP(1.5))": "'é'",
    "Chain(Named(words=('é',)), TopP(1.5))": "at character 28, p of TopP is 1.5",
    "TopP()": "at character 1, TopP cannot be made: missing a required argument: 'p'; "
    "its arguments are p",
    "TopP(q=0.9)": "TopP cannot be made: it has no argument q; its arguments are p",
    "TopP(0.9, 0.8)": "too many positional arguments; its arguments are p",
    "TopP(0.9, p=0.8)": "multiple values for argument 'p'",
    "TopP(p=0.9, p=0.8)": "TopP must get each argument once, by its own name",
    "TopP(**{'p': 0.9})": "TopP must get each argument once, by its own name",
    "TopP(*[0.9])": "*[0.9] is not allowed; an expression holds names, calls, numbers",
    "TopP('0.9')": "p of TopP is 0.9; it must be in (0, 1]",
    "TopP(float('no'))": "could not convert string to float: 'no'",
    "TopP(1 / 2)": "at character 6, 1 / 2 is not allowed",
    "TopP(-True)": "-True is not allowed",
    "TopP(1j)": "1j is not allowed",
    "TopP(b'1')": "b'1' is not allowed",
    "TopP({1: 2, **{}})": "is not allowed",
    "TopP(TopP)": "at character 6, TopP stands without arguments; write TopP(...)",
    "Greedy": "Greedy stands without arguments; write Greedy(...)",
    "vocabulary(3)": "vocabulary takes no arguments; write vocabulary",
    "s.TopP(0.9)": "s.TopP(0.9) is not allowed",
    "(lambda: TopP(0.9))()": "is not allowed",
    "TopP(0.9) if 1 else 2": "is not allowed",
    "__import__('os')": "__import__ is not a known name",
    "TopP(x := 1)": "is not allowed",
    "f'{1}'": "is not allowed",
    "0.9": "strategy is '0.9'; it must be a strategy, like TopP(0.9)",
    "Events()": "it must be a strategy, like TopP(0.9)",
    "[TopP(0.9)]": "it must be a strategy, like TopP(0.9)",
    "": "strategy is ''; at character 1, invalid syntax; write it like TopP(0.9)",
    "TopP(0.9": "at character 5, '(' was never closed; write it like TopP(0.9)",
    "TopP(0.9);": "at character 10, ",
    "import os": "invalid syntax",
    r"TopP('\d')": "invalid escape sequence",
    "TopP(0.9)\0": "null bytes",
    "\ud800": "surrogates not allowed",
    "NoteNames(ticks_per_note='a')": "at character 1, NoteNames cannot be made: Type",
    "Contrastive()": "its arguments are model or run, alpha",
    "Contrastive(0.1)": 'model is 0.1; it must be model or run="FOLDER"',
    "Guidance(1, model, [2], context=3)": "context is 3; it must be context",
    "Counting()": "Counting cannot be made: missing a required argument: 'context'; "
    "its arguments are context",
    "PitchRange(Events(), vocabulary, 1, 2)": "at character 1, PitchRange cannot be "
    "made: AttributeError: ",
    "Contrastive(run=3, alpha=0.1)": "run must be a folder, in place of model",
    "Contrastive(model=model, run='small', alpha=1)": "in place of model",
    "Forbid(['pitch_99'])": "'pitch_99'",
    "Forbid('pitch_60')": "ids of Forbid is 0; it must be one or more",
    "Force(['pitch_60'], [1])": "positions of Force is ['pitch_60']; it must be",
    "TopP(" + "9" * 5000 + ")": "4300 digits",
    "TopP(0x" + "f" * 5000 + ")": "4300 digits",
    "TopP(" + 30 * "[" + 30 * "]" + ")": "p of TopP is [[[",
    "NoteNames('" + "x" * 5000 + "')": "...",
    "Chain(" * 51 + ")" * 51: DEEP,
    "(" * 10_000: "too many nested parentheses",
    "-" * 50_000 + "1": DEEP,
    "a." * 40_000 + "a": DEEP,
    "Chain(" + "TopP(0.9), " * 1_000_000 + ")": "it has 11000007 characters; it may "
    "have 100000",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: ascii(text[:40]))
def test_expressions_that_are_refused(text):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        read_in_run(text)
    message = str(error.value)
    assert REFUSED[text] in message
    assert message.startswith("strategy is ")
    assert "\n" not in message
    assert len(message) < 500


def test_nothing_is_supplied_that_the_caller_does_not_supply():
    with pytest.raises(ValueError, match="its arguments are vocabulary, encoding, low"):
        read_strategy("PitchRange(60, 70)", KNOWN)
    with pytest.raises(ValueError, match="it has no argument run; its arguments"):
        read_strategy("Contrastive(run='small', alpha=0.1)", KNOWN)
    with pytest.raises(ValueError, match=r"ids of Forbid is \['pitch_60'\]"):
        read_strategy("Forbid(['pitch_60'])", KNOWN)


def test_only_what_the_caller_names_is_called():
    calls = []

    def spy(*values):
        calls.append(values)
        return values[0]

    assert read("TopP(spy(0.5, 0.6))", KNOWN | {"spy": spy}) == s.TopP(0.5)
    assert calls == [(0.5, 0.6)]


GOOD = [repr(strategy) for strategy, _ in TABLE.values()] + list(READ)
PIECES = [*"()[]{},.=-*'\"\\#:;\n\0 09aé_", "None", "True", "float('inf')", "lambda: "]
PIECES += [*KNOWN, "1e999", "p=", "run=", "run='small'", "['pitch_60']", "10 ** 9"]


def require_a_strategy_or_one_line(text):
    try:
        made = read_in_run(text)
    except ValueError as error:
        one_line = "\n" not in str(error)
    else:
        one_line = isinstance(made, s.Strategy)
    assert one_line


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text() | st.lists(st.sampled_from(PIECES)).map("".join))
def test_random_texts_give_a_strategy_or_one_line(text):
    require_a_strategy_or_one_line(text)


def test_mutated_expressions_give_a_strategy_or_one_line():
    """Each text is a good one, with pieces put in, taken out, or exchanged."""
    rng = random.Random(0)
    for _ in range(1500):
        text = rng.choice(GOOD)
        for _ in range(rng.randint(1, 3)):
            begin, end = sorted(rng.choices(range(len(text) + 1), k=2))
            end = rng.choice([begin, min(begin + 1, len(text)), end])
            new = rng.choice([*PIECES, "", rng.choice(GOOD)])
            text = text[:begin] + new + text[end:]
        require_a_strategy_or_one_line(text)
