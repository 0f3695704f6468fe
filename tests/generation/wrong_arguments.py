"""A program that calls `generate` with wrong arguments and prints each error.

It runs without the tests' type checker, as users' programs do.
"""

import json
from dataclasses import dataclass
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax import (
    SMC,
    BatchPart,
    BeamSearch,
    Carried,
    ContrastiveSearch,
    Independent,
    MusicLSTM,
    NoteNames,
    SlidingWindow,
    Vocabulary,
    compose,
    generate,
    stack,
    start_prompts,
    strategies,
    sweep,
)
from lstm_music_jax.pytrees import pytree

KEY = jax.random.key(0)
MODEL = MusicLSTM(13, (8,), key=KEY)
PROMPTS = jnp.zeros((2, 3), jnp.int32)
WARM = strategies.Temperature(0.9)
SMALLER = MusicLSTM(12, (8,), key=KEY)
PITCHES = tuple(f"{letter}{octave}" for octave in (4, 5) for letter in "CDEFGA")
RUN = SimpleNamespace(
    model=MODEL,
    vocabulary=Vocabulary((*PITCHES, "<start>"), start="<start>"),
    encoding=NoteNames(),
)
BROKEN = jax.tree.map(lambda leaf: leaf * jnp.nan, MODEL)


@dataclass
class NotAStrategy:
    """A class with the right methods that does not derive from Strategy."""

    def apply(self, logits, state, key):
        return logits, state


@pytree
class WithoutHidden:
    """A model with the required methods alone."""

    def initial_state(self):
        return jnp.zeros(13)

    def advance(self, state, token):
        return state

    def readout(self, state):
        return state

    def unroll(self, tokens):
        return jnp.zeros((len(tokens), 13)), jnp.zeros((*tokens.shape, 13))


def call(model=MODEL, prompts=PROMPTS, key=KEY, length=4, **others):
    return lambda: generate(model, prompts, key, length=length, **others)


def allow(id):
    return strategies.Chain(WARM, strategies.Allow([1, id]))


def contrastive(model):
    return strategies.Contrastive(model, 0.1)


def guidance(model, prompt):
    return strategies.Guidance(1.5, model, [prompt], Carried())


MISTAKES = {
    "no model": call(model=None),
    "a class of models": call(model=MusicLSTM),
    "no weaker model": call(strategy=contrastive(None)),
    "a smaller guiding model": call(strategy=guidance(SMALLER, 1)),
    "a smaller weaker model": call(strategy=strategies.Chain(contrastive(SMALLER))),
    "a smaller guiding model, composed": lambda: compose(
        RUN, start_prompts(RUN, 2), KEY, notes=2, strategy=guidance(SMALLER, 1)
    ),
    "notes": lambda: compose(RUN, PROMPTS, KEY, notes=2.5),
    "pieces": lambda: start_prompts(RUN, 2.5),
    "a smaller model in a sweep": lambda: sweep(
        MODEL, PROMPTS, KEY, stack([guidance(SMALLER, id) for id in (1, 2)]), length=2
    ),
    "a fitting model in a sweep": lambda: sweep(
        MODEL, PROMPTS, KEY, stack([contrastive(MODEL)]), length=2
    ),
    "a list": call(prompts=[[1, 2]]),
    "rank 1": call(prompts=PROMPTS[0]),
    "rank 3": call(prompts=PROMPTS[None]),
    "floats": call(prompts=np.zeros((2, 3))),
    "too large": call(prompts=jnp.int32([[0, 13]])),
    "negative": call(prompts=jnp.int32([[0, -1]])),
    "length": call(length=2.5),
    "length 0": call(length=0),
    "length True": call(length=True),
    "stop": call(stop=13),
    "stop -1": call(stop=-1),
    "stop True": call(stop=True),
    "stop as a symbol": call(stop="<end>"),
    "an integer key": call(key=3),
    "an old key": call(key=jax.random.PRNGKey(0)),
    "two keys": call(key=jax.random.split(KEY)),
    "no key": call(key=None),
    "no strategy": call(strategy=None),
    "a class": call(strategy=type(strategies.Chain())),
    "alien": call(strategy=NotAStrategy()),
    "context": call(context="window"),
    "draw": call(draw="gumbel"),
    "decoder": call(decoder=3),
    "a class of decoders": call(decoder=BeamSearch),
    "members": lambda: Independent(0),
    "target": lambda: SMC(4, target=0.7),
    "an unknown id in a target": call(decoder=SMC(4, target=strategies.Forbid([13]))),
    "a smaller model in a target": call(
        decoder=SMC(4, target=strategies.ProductOfExperts(1, SMALLER))
    ),
    "too many members": call(part=BatchPart((0, 1), 2**30), decoder=Independent(4)),
    "hidden states": call(model=WithoutHidden(), decoder=ContrastiveSearch(4, 0.5)),
    "parallel_streams": call(parallel_streams=0),
    "part as a number": call(part=57),
    "numbers of a part": call(part=BatchPart((57,), 100)),
    "a part of one number": call(part=BatchPart(0, 100)),
    "a number of a part": call(part=BatchPart((57, 100), 100)),
    "a part of no batch": call(part=BatchPart((0, 1), 0)),
    "a part, continued": lambda: generate(
        MODEL,
        generate(MODEL, PROMPTS, KEY, length=2).streams,
        length=2,
        part=BatchPart((0, 1), 2),
    ),
    "notes and length": lambda: compose(RUN, PROMPTS, KEY, notes=2, length=2),
    "no notes, no length": lambda: compose(RUN, PROMPTS, KEY),
    "length of a piece": lambda: compose(RUN, PROMPTS, KEY, length=0),
    "no devices": call(devices=[]),
    "NaN": call(model=BROKEN),
    "window": lambda: SlidingWindow(2.5),
    "not stacked": lambda: sweep(
        MODEL, PROMPTS, KEY, strategies.Temperature(1), length=2
    ),
    "ids": lambda: sweep(
        MODEL, PROMPTS, KEY, strategies.Chain(strategies.Forbid([1, 2])), length=2
    ),
    "sweep of none": lambda: sweep(MODEL, PROMPTS, KEY, None, length=2),
    "an unknown stop": call(strategy=strategies.MinLength(5, stop=13)),
    "an unknown id": call(strategy=strategies.Forbid([12, 13])),
    "an unknown id in a chain": call(
        strategy=strategies.Chain(WARM, strategies.Force([1, 2], [3, 14]))
    ),
    "an unknown id in a sweep": lambda: sweep(
        MODEL, PROMPTS, KEY, stack([allow(12), allow(13)]), length=2
    ),
    "an unknown id, continued": lambda: generate(
        MODEL,
        generate(MODEL, PROMPTS, KEY, length=2).streams,
        length=2,
        strategy=strategies.Bias([99], [1.0]),
    ),
    "breakers": call(strategy=strategies.DRY(0.8, breakers=[13])),
    "guidance": call(strategy=guidance(MODEL, 13)),
    "vocabulary": call(
        strategy=strategies.PitchRange(
            Vocabulary(("C4", "D4")), NoteNames(), low=50, high=66
        )
    ),
    "traced": lambda: jax.grad(lambda p: jnp.sum(strategies.TopP(p).p))(0.5),
    "traced ids": lambda: jax.jit(lambda id: strategies.Forbid([id]).ids)(3),
    "traced size": lambda: jax.jit(lambda n: strategies.DRY(1, memory=n).base)(3),
    "traced draw": lambda: jax.jit(
        lambda t: (
            generate(
                MODEL, PROMPTS, KEY, length=2, strategy=strategies.Temperature(t)
            ).tokens
        )
    )(0.9),
}

if __name__ == "__main__":
    answers = {}
    for name, mistake in MISTAKES.items():
        try:
            mistake()
            answers[name] = "no error"
        except Exception as error:
            answers[name] = f"{type(error).__name__}: {error}"
    print(json.dumps(answers, indent=1))
