"""Every strategy once or more, with settings that are not round: name -> (it, v).

A name is the class's, and after a colon what is special.
"""

import jax.numpy as jnp
import numpy as np

from lstm_music_jax.generation.contexts import Carried, SlidingWindow
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.strategies import (
    DRY,
    EDT,
    MINOR,
    XTC,
    AdaptiveP,
    Allow,
    Bias,
    Chain,
    Contrastive,
    DynamicTemperature,
    EpsilonCutoff,
    EtaCutoff,
    Forbid,
    Force,
    FrequencyPenalty,
    Greedy,
    Guidance,
    InKey,
    LlamaCppOrder,
    LookBack,
    LoopBreaker,
    MaxLeap,
    MinP,
    Mirostat1,
    Mirostat2,
    NoLongRest,
    NoRepeatNgram,
    PitchRange,
    PresencePenalty,
    QuadraticSmoothing,
    RepetitionPenalty,
    Strategy,
    TailFree,
    Temperature,
    TopA,
    TopH,
    TopK,
    TopNSigma,
    TopP,
    TransformersOrder,
    Typical,
)
from lstm_music_jax.testing.subject import ToyModel

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

TABLE: dict[str, tuple[Strategy, int]] = {
    "AdaptiveP": (AdaptiveP(0.37, 0.83), V),
    "Allow": (Allow([1, 5, 6, 11]), V),
    "Bias": (Bias([1, 2, 2], [0.7, -2.3, 1.1]), V),
    "Chain": (Chain(RepetitionPenalty(1.2), Temperature(0.9), TopP(0.93)), V),
    "Chain: empty": (Chain(), V),
    "Chain: of chains": (Chain(Chain(TopK(7)), Chain(XTC(0.11, 0.6))), V),
    "Chain: a mask first": (Chain(NoRepeatNgram(2, 16), Typical(0.87)), V),
    "Contrastive": (Contrastive(MODEL, 0.13), V),
    "DRY": (DRY(0.83, 1.71, 1, memory=16), V),
    "DRY: breakers": (DRY(0.83, 1.71, 2, breakers=[3, 4], memory=16), V),
    "DynamicTemperature": (DynamicTemperature(0.31, 1.73, 1.3), V),
    "EDT": (EDT(0.93, 0.13), V),
    "EpsilonCutoff": (EpsilonCutoff(0.031), V),
    "EtaCutoff": (EtaCutoff(0.031), V),
    "Forbid": (Forbid([1, 2]), V),
    "Force": (Force([1, 4], [3, 7]), V),
    "FrequencyPenalty": (FrequencyPenalty(0.57), V),
    "Greedy": (Greedy(), V),
    "Guidance": (Guidance(1.37, MODEL, [2, 3], Carried()), V),
    "Guidance: a window": (Guidance(0.73, MODEL, [2, 3], SlidingWindow(3)), V),
    "InKey": (InKey(NAMES, NoteNames(), 9, MINOR), len(NAMES)),
    "LlamaCppOrder": (
        LlamaCppOrder(
            RepetitionPenalty(1.13),
            DRY(0.83, memory=16),
            TopK(7),
            MinP(0.023),
            Temperature(0.87),
        ),
        V,
    ),
    "LookBack": (LookBack(0.57, 3, 4), V),
    "LoopBreaker": (LoopBreaker(3, 2, 1.37), V),
    "MaxLeap": (MaxLeap(NAMES, NoteNames(), 5), len(NAMES)),
    "MinP": (MinP(0.13), V),
    "Mirostat1": (Mirostat1(1.93, 0.27, 12), V),
    "Mirostat2": (Mirostat2(1.93, 0.27), V),
    "NoLongRest": (NoLongRest(EVENTS, Events(), 11), len(EVENTS)),
    "NoLongRest: none there": (NoLongRest(NAMES, NoteNames(), 11), len(NAMES)),
    "NoRepeatNgram": (NoRepeatNgram(3, 16), V),
    "NoRepeatNgram: one": (NoRepeatNgram(1, 5), V),
    "PitchRange": (PitchRange(NAMES, NoteNames(), 50, 66), len(NAMES)),
    "PresencePenalty": (PresencePenalty(0.57), V),
    "QuadraticSmoothing": (QuadraticSmoothing(0.21, 1.7), V),
    "RepetitionPenalty": (RepetitionPenalty(1.2), V),
    "RepetitionPenalty: by sign": (RepetitionPenalty(1.2, by_sign=True), V),
    "TailFree": (TailFree(0.93), V),
    "Temperature": (Temperature(0.87), V),
    "TopA": (TopA(0.23), V),
    "TopH": (TopH(0.43), V),
    "TopK": (TopK(3), V),
    "TopK: one": (TopK(1), V),
    "TopNSigma": (TopNSigma(1.1), V),
    "TopP": (TopP(0.87), V),
    "TopP: all": (TopP(1.0), V),
    "TransformersOrder": (
        TransformersOrder(
            RepetitionPenalty(1.13),
            NoRepeatNgram(3),
            Temperature(0.87),
            TopK(7),
            EtaCutoff(0.031),
        ),
        V,
    ),
    "Typical": (Typical(0.87), V),
    "XTC": (XTC(0.11, 0.6), V),
}
