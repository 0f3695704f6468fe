"""The music strategies, with all encodings, each with its reference."""

import numpy as np

from lstm_music_jax import strategies
from lstm_music_jax.automata.automaton import Automaton
from lstm_music_jax.automata.known_pieces import KnownPieces
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.encodings.performance import Performance
from lstm_music_jax.music.vocabulary import Vocabulary
from tests.strategies.cases.case import Case
from tests.strategies.numpy_references import music
from tests.strategies.numpy_references.base import Stateless

# The meaning of each symbol, worked out by hand.
EVENTS = {
    "pitch_60": ("pitch", 60),
    "pitch_64": ("pitch", 64),
    "pitch_67": ("pitch", 67),
    "pitch_73": ("pitch", 73),
    "shift_6": ("shift", 6),
    "shift_12": ("shift", 12),
    "shift_48": ("shift", 48),
    "duration_6": ("duration", 6),
    "duration_24": ("duration", 24),
    "<start>": ("other", 0),
}
NAMES = {
    "C4": (60,),
    "E4": (64,),
    "G#4": (68,),
    "B-3": (58,),
    "E-2": (39,),
    "C6": (84,),
    "4.9": (64, 69),
    "0.4.7": (60, 64, 67),
    "<start>": (),
}
EVENT_SOUNDS = [(n,) if kind == "pitch" else () for kind, n in EVENTS.values()]
WRITINGS = {
    "events": (Vocabulary(tuple(EVENTS), "<start>"), Events(), EVENT_SOUNDS),
    "note names": (Vocabulary(tuple(NAMES), "<start>"), NoteNames(), [*NAMES.values()]),
}
PLAYED = {
    "note_on_60": ("pitch", 60),
    "note_on_64": ("pitch", 64),
    "note_off_60": ("release", 60),
    "note_off_64": ("release", 64),
    "shift_3": ("shift", 3),
    "velocity_9": ("other", 0),
    "<start>": ("unknown", 0),
}
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 11), (0, 4, 7))


def draw_pitch_range(rng, writing):
    vocabulary, encoding, sounds = writing
    low, high = int(rng.integers(36, 61)), int(rng.integers(60, 86))
    return (
        strategies.PitchRange(vocabulary, encoding, low, high),
        Stateless(music.pitch_range, sounds=sounds, low=low, high=high),
    )


def draw_in_key(rng, writing):
    vocabulary, encoding, sounds = writing
    scale = SCALES[rng.integers(len(SCALES))]
    # The scale holds pitch class 0 or 4, so it always allows a symbol that sounds:
    # one symbol has only pitch class 0, and another only pitch class 4.
    tonic = int(rng.choice([0, 4])) - int(rng.choice(scale))
    tonic %= 12
    return (
        strategies.InKey(vocabulary, encoding, tonic, scale),
        Stateless(music.in_key, sounds=sounds, tonic=tonic, scale=scale),
    )


def draw_max_leap(rng, writing):
    vocabulary, encoding, sounds = writing
    semitones = int(rng.integers(0, 25))
    return (
        strategies.MaxLeap(vocabulary, encoding, semitones),
        music.MaxLeap(sounds, semitones),
    )


def draw_no_long_rest(rng, writing):
    vocabulary, encoding, sounds = writing
    ticks = int(rng.integers(0, 80))
    parsed = [*EVENTS.values()]
    if isinstance(encoding, NoteNames):
        parsed = [("other", 0)] * len(sounds)
    elif isinstance(encoding, Performance):
        parsed = [*PLAYED.values()]
    return (
        strategies.NoLongRest(vocabulary, encoding, ticks),
        music.NoLongRest(parsed, ticks),
    )


def draw_well_formed(rng, writing):
    vocabulary, encoding, sounds = writing
    parsed = [("name", 0) if pitches else ("unknown", 0) for pitches in sounds]
    if isinstance(encoding, Events):
        parsed = [*(EVENTS | {"<start>": ("unknown", 0)}).values()]
    elif isinstance(encoding, Performance):
        parsed = [*PLAYED.values()]
    return strategies.WellFormed(vocabulary, encoding), music.WellFormed(parsed)


def known_pieces():
    """Return pieces with many repeated passages, and the meaning of each symbol."""
    symbols = {f"pitch_{pitch}": ("pitch", pitch) for pitch in range(60, 66)}
    symbols |= {"shift_6": ("shift", 6), "shift_12": ("shift", 12)}
    rng = np.random.default_rng(0)
    pieces = [rng.integers(len(symbols), size=40) for _ in range(3)]
    corpus = KnownPieces(pieces, Vocabulary(tuple(symbols)), Events())
    meant = [*symbols.values()]
    return corpus, [[meant[x] for x in piece] for piece in pieces], meant


# One corpus for all cases, because each corpus is compiled anew.
KNOWN, KNOWN_MEANT, MEANT = known_pieces()


def draw_copy_limit(rng, transposed):
    longest = int(rng.integers(1, 4))
    shifts = range(-6, 7) if transposed else (0,)
    return (
        strategies.CopyLimit(longest, KNOWN, transposed),
        music.CopyLimit(KNOWN_MEANT, MEANT, longest, shifts),
    )


AUTOMATON_SYMBOLS, AUTOMATON_STATES = 9, 40


def draw_obey(rng, v):
    """Return a random automaton, with a length at which it accepts, in 40 states."""
    rows = rng.integers(-1, AUTOMATON_STATES, size=(AUTOMATON_STATES, 4))
    rows[rng.random(rows.shape) < 0.3] = -1
    # No dead start: its first symbol leads to an accepting state, which has a loop.
    rows[0, 0], rows[7, 1] = 7, 7
    classes = np.append(range(4), rng.integers(-1, 4, size=AUTOMATON_SYMBOLS - 4))
    accepting = rng.random(AUTOMATON_STATES) < 0.1
    accepting[7] = True
    automaton = Automaton(classes.astype(np.int32), rows.astype(np.int32), accepting)
    length = 6
    table = np.where(classes < 0, -1, rows[:, classes])
    return strategies.Obey(automaton, length), music.Obey(table, accepting, length)


WRITINGS_PLAYED = (Vocabulary(tuple(PLAYED), "<start>"), Performance(), ())
MUSIC = {
    f"{draw.__name__.removeprefix('draw_')}, {name}": Case(
        lambda rng, v, draw=draw, writing=writing: draw(rng, writing),
        exact=True,
        size=len(writing[0]),
    )
    for draw in (
        draw_pitch_range,
        draw_in_key,
        draw_max_leap,
        draw_no_long_rest,
        draw_well_formed,
    )
    for name, writing in WRITINGS.items()
} | {
    **{
        f"{draw.__name__.removeprefix('draw_')}, performance": Case(
            lambda rng, v, draw=draw: draw(rng, WRITINGS_PLAYED),
            exact=True,
            size=len(PLAYED),
        )
        for draw in (draw_no_long_rest, draw_well_formed)
    },
    **{
        f"copy_limit, {name}": Case(
            lambda rng, v, transposed=transposed: draw_copy_limit(rng, transposed),
            exact=True,
            size=len(MEANT),
        )
        for name, transposed in (("exact", False), ("transposed", True))
    },
    "obey": Case(draw_obey, exact=True, size=AUTOMATON_SYMBOLS),
}
