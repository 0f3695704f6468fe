"""A table of all strategies: name -> (strategy, size of the vocabulary).

The first rows are the examples of the package, each with the name of its class. The
other rows are special cases, which their names describe.
"""

import jax.numpy as jnp
import numpy as np

from lstm_music_jax.automata.known_pieces import KnownPieces
from lstm_music_jax.generation.contexts import Carried, SlidingWindow
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.strategies import (
    DRY,
    MINOR,
    XTC,
    Chain,
    CopyLimit,
    Guidance,
    InKey,
    LlamaCppOrder,
    LookBack,
    LoopBreaker,
    MaxLeap,
    MinP,
    Mirostat1,
    NoLongRest,
    NoRepeatNgram,
    PitchRange,
    RepetitionPenalty,
    SequenceBias,
    Strategy,
    Temperature,
    TopK,
    TopP,
    Typical,
    Watermark,
)
from lstm_music_jax.testing.examples import EXAMPLES
from lstm_music_jax.testing.toy_model import ToyModel

V = 20
MODEL = ToyModel(
    jnp.asarray(np.random.default_rng(0).normal(size=(V, V)).astype(np.float32))
)
NAMES = Vocabulary(
    ("<start>", *(f"{name}{octave}" for name in "CDEFGAB" for octave in (3, 4)), "4.9"),
    "<start>",
)
EVENTS = Vocabulary(
    (
        *(f"pitch_{pitch}" for pitch in range(60, 72)),
        *(f"shift_{ticks}" for ticks in (3, 6, 12, 24)),
        *(f"duration_{ticks}" for ticks in (3, 6, 12, 24)),
    )
)
KNOWN = KnownPieces(
    [np.random.default_rng(1).integers(0, V, 150) % 13 for _ in range(2)],
    EVENTS,
    Events(),
)
SURROUNDINGS = {
    "corpus": KNOWN,
    "model": MODEL,
    "context": Carried(),
    "vocabulary": EVENTS,
    "encoding": Events(),
}

TABLE: dict[str, tuple[Strategy, int]] = {
    example.name: (example.make(**SURROUNDINGS), V) for example in EXAMPLES
} | {
    "Chain: empty": (Chain(), V),
    "Chain: of chains": (Chain(Chain(TopK(7)), Chain(XTC(0.11, 0.6))), V),
    "Chain: a mask first": (Chain(NoRepeatNgram(2, 16), Typical(0.87)), V),
    "CopyLimit: transposed": (CopyLimit(2, KNOWN, transposed=True), V),
    "DRY: short memory": (DRY(0.83, 1.71, 1, memory=16), V),
    "DRY: breakers": (DRY(0.83, 1.71, 2, breakers=[3, 4], memory=16), V),
    "Guidance: a window": (Guidance(0.73, MODEL, [2, 3], SlidingWindow(3)), V),
    "InKey: note names": (InKey(NAMES, NoteNames(), 9, MINOR), len(NAMES)),
    "LlamaCppOrder: short memory": (
        LlamaCppOrder(
            RepetitionPenalty(1.13),
            DRY(0.83, memory=16),
            TopK(7),
            MinP(0.023),
            Temperature(0.87),
        ),
        V,
    ),
    "LookBack: short memory": (LookBack(0.57, 3, 4), V),
    "LoopBreaker: short loops": (LoopBreaker(3, 2, 1.37), V),
    "MaxLeap: note names": (MaxLeap(NAMES, NoteNames(), 5), len(NAMES)),
    "Mirostat1: fits a few": (Mirostat1(1.93, 0.27, 12), V),
    "NoLongRest: no rests": (NoLongRest(NAMES, NoteNames(), 11), len(NAMES)),
    "NoRepeatNgram: short memory": (NoRepeatNgram(3, 16), V),
    "NoRepeatNgram: one": (NoRepeatNgram(1, 5), V),
    "PitchRange: note names": (PitchRange(NAMES, NoteNames(), 50, 66), len(NAMES)),
    "RepetitionPenalty: by sign": (RepetitionPenalty(1.2, by_sign=True), V),
    "SequenceBias: forbids": (
        SequenceBias([[s, t] for s in (10, 12, 15) for t in (7, 12)], [-np.inf] * 6),
        V,
    ),
    "TopK: one": (TopK(1), V),
    "TopP: all": (TopP(1.0), V),
    "Watermark: wide": (Watermark(7919, width=3), V),
}
