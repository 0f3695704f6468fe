"""The laws, one function each; `check_strategy` runs them in the order of `LAWS`."""

import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.generation.engine import Notes, Plan, Sampler, begin_and_draw
from lstm_music_jax.generation.generate import CARRIED, GUMBEL
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.strategies.chain import Chain
from lstm_music_jax.testing.findings import (
    TOLERANCE,
    Broken,
    class_like,
    copied,
    floats,
    host,
    kind,
    primitives,
    require,
    require_equal,
    require_none,
)
from lstm_music_jax.testing.subject import (
    KINDS,
    PROMPT,
    STREAMS,
    Subject,
    ToyModel,
    after_prompt,
    by_hand,
    quickly,
)
from lstm_music_jax.types import Array, Int, PRNGKey

Law = Callable[[Subject], None]

# How many symbols the engine generates.
NOTES = 6
# Constants added to the logits: multiples of 1/64, like the logits, of both signs.
SHIFTS = np.array([8, -3.5, 40, 0.25, -8, 1.75, -30], np.float32)


def is_pure(subject: Subject) -> None:
    """Results depend only on the arguments, and nothing is changed in place.

    So a saved state can be used twice, and the second use does not see what the first
    has observed. A copy of the strategy gives the same results.
    """
    strategy, stream = subject.strategy, subject.stream(0)
    tokens, others = subject.streams.prompt[:2, :3]
    others = (others + 1) % subject.vocab_size
    state = after_prompt(strategy, stream)
    saved = jax.tree.map(copied, state)
    first = by_hand(strategy, stream, tokens, state)
    by_hand(strategy, stream, others, state)
    for before, after in zip(host(saved), host(state), strict=True):
        same = np.array_equal(before, after, equal_nan=True)
        require(same, "the state was changed in place")
    copy = jax.tree.map(lambda leaf: leaf, strategy)
    for found, ran in (
        ("a second run from a saved state", (strategy, stream, tokens, saved)),
        ("a fresh run", (strategy, stream, tokens, after_prompt(strategy, stream))),
        ("a copy", (copy, stream, tokens, after_prompt(copy, stream))),
    ):
        again = by_hand(*ran)
        differ = (first != again) & ~(np.isnan(first) & np.isnan(again))
        require_none(differ, f"{found} gave other logits", first, again)


def keeps_shapes_and_dtypes(subject: Subject) -> None:
    """`apply` returns float32 `[v]`; the state keeps structure, shapes and dtypes.

    A state that changes them cannot be the carry of a scan.
    """
    stream = subject.stream(0)
    token, logits, key = stream.prompt[0], stream.logits[0], stream.keys[0]
    strategy = subject.strategy
    state = jax.eval_shape(lambda: strategy.init(subject.vocab_size))
    applied = jax.eval_shape(lambda s: strategy.apply(logits, s, key), state)
    require(
        isinstance(applied, tuple) and len(applied) == 2,
        f"apply returned {type(applied).__name__}, not logits and state",
    )
    shaped = f"{applied[0].dtype}{list(applied[0].shape)}"
    wanted = f"float32[{subject.vocab_size}]"
    require(shaped == wanted, f"apply returned logits {shaped}, not {wanted}")
    observed = jax.eval_shape(lambda s: strategy.observe(token, s), state)
    for method, after in (("apply", applied[1]), ("observe", observed)):
        require(
            kind(after) == kind(state),
            f"{method} changed the state from {kind(state)} to {kind(after)}",
        )


def no_nan_or_infinity(subject: Subject) -> None:
    """Shaped logits are never NaN or +inf."""
    given = np.asarray(subject.streams.logits)
    shaped = np.asarray(subject.course.shaped)
    require_none(np.isnan(shaped) | (shaped == np.inf), "logits", given, shaped)


def forbidden_stays_forbidden(subject: Subject) -> None:
    """A logit that is -inf stays -inf."""
    given = np.asarray(subject.streams.logits)
    shaped = np.asarray(subject.course.shaped)
    require_none((given == -np.inf) & (shaped != -np.inf), "logits", given, shaped)


def something_is_left_to_draw(subject: Subject) -> None:
    """Logits that allow a symbol still do so afterwards, unless a mask forbids all.

    A strategy is a mask if it forbids the same symbols whatever the logits are. If it
    has forbidden every symbol, it is applied again in the same state to logits that are
    all 0. A mask then forbids the symbols that were allowed before, and allows others.
    (The engine ignores a mask that forbids every symbol.)
    """
    given, course = np.asarray(subject.streams.logits), subject.course
    came_in = given > -np.inf
    empty = ~(np.asarray(course.shaped) > -np.inf).any(-1) & came_in.any(-1)
    for at in np.argwhere(empty):
        state = jax.tree.map(lambda leaf, at=at: leaf[tuple(at)], course.states)
        zeros = jnp.zeros(subject.vocab_size)
        key = subject.streams.keys[tuple(at)]
        flat = np.asarray(subject.strategy.apply(zeros, state, key)[0]) > -np.inf
        place = f"(stream, note) {tuple(map(int, at))}"
        require(flat.any(), f"every symbol forbidden at {place}, with all logits 0")
        require(
            not (flat & came_in[tuple(at)]).any(),
            f"every symbol forbidden at {place}, logits {given[tuple(at)]}",
        )


def survives_an_empty_support(subject: Subject) -> None:
    """Logits that are all -inf, from an earlier mask, never give NaN or +inf.

    This holds for the logits of this symbol and of all later ones. The engine draws
    from the model's distribution instead, so the symbol observed was forbidden.
    """
    streams = subject.streams
    empty = streams._replace(logits=streams.logits.at[:, 1].set(-jnp.inf))
    course = subject.rerun(empty, subject.course.tokens)
    shaped = np.asarray(course.shaped)
    bad = np.isnan(shaped) | (shaped == np.inf)
    given = np.asarray(empty.logits)
    require_none(bad, "with note 1 all -inf, logits", given, shaped)
    for leaf in host(course.states):
        if leaf.dtype.kind == "f":
            require_none(np.isnan(leaf[:, -1]), "the last note's state", leaf[:, -1])


def rows_are_independent(subject: Subject) -> None:
    """A stream's result does not depend on the other rows of the batch."""
    kept = np.arange(STREAMS) % 2 == 0
    other = np.where(kept, np.arange(STREAMS), 1)
    streams = jax.tree.map(lambda leaf: leaf[other], subject.streams)
    streams = streams._replace(
        logits=streams.logits.at[~kept].multiply(0.5),
        prompt=streams.prompt.at[~kept].set(0),
    )
    course = subject.rerun(streams, subject.course.tokens[other])
    require_equal(
        np.asarray(subject.course.shaped)[kept],
        np.asarray(course.shaped)[kept],
        "rows 0, 2, ... with other rows beside them",
    )


def jit_equals_eager(subject: Subject) -> None:
    """A compiled batch gives the same as single streams without compilation."""
    for index in (0, 1):
        stream, tokens = subject.stream(index), subject.course.tokens[index]
        state = after_prompt(subject.strategy, stream)
        eager = by_hand(subject.strategy, stream, tokens, state)
        compiled = np.asarray(subject.course.shaped)[index]
        require_equal(compiled, eager, f"stream {index} uncompiled")


def shift_invariance(subject: Subject) -> None:
    """If `shift_invariant`, a constant added to all logits changes no probability."""
    if not subject.strategy.shift_invariant:
        return
    streams = subject.streams
    shifted = streams._replace(
        logits=streams.logits + jnp.asarray(SHIFTS)[None, :, None]
    )
    course = subject.rerun(shifted, subject.course.tokens)
    require_equal(
        np.asarray(subject.course.shaped),
        np.asarray(course.shaped),
        f"the notes' logits shifted by {SHIFTS}",
    )


def permutation_equivariance(subject: Subject) -> None:
    """If `permutation_equivariant`, renaming the symbols only renames the result."""
    if not subject.strategy.permutation_equivariant:
        return
    # names[symbol] is the new name of a symbol; symbols[name] is the way back.
    names = subject.rng.permutation(subject.vocab_size)
    symbols, renamed = np.argsort(names), jnp.asarray(names, jnp.int32)
    streams = subject.streams._replace(
        prompt=renamed[subject.streams.prompt],
        logits=subject.streams.logits[..., symbols],
    )
    course = subject.rerun(streams, renamed[subject.course.tokens])
    require_equal(
        np.asarray(subject.course.shaped),
        np.asarray(course.shaped)[..., names],
        f"symbols renamed to {names}",
    )


def the_state_moves(subject: Subject) -> None:
    """A state, if there is one, changes; otherwise the strategy lacks `observe`."""
    states = host(subject.course.states)
    first = host(subject.strategy.init(subject.vocab_size))
    moved = [(leaf != start).any() for leaf, start in zip(states, first, strict=True)]
    require(
        not moved or any(moved),
        f"{PROMPT} prompt symbols and {len(KINDS)} notes did not change the state",
    )


def one_trace(subject: Subject) -> None:
    """Hyperparameters are array leaves, so changing one traces no program again.

    Only fields that fix a shape are static, and a float does not fix a shape.
    """
    for path, value in floats(subject.strategy):
        raise Broken(f"{path} is {value!r}, a float; it must be a float32 leaf")
    for place, leaf in jax.tree_util.tree_leaves_with_path(subject.strategy):
        require(
            isinstance(leaf, (np.ndarray, np.generic, jax.Array)),
            f"the leaf {jax.tree_util.keystr(place)} is {leaf!r}; it must be an array",
        )
    tokens = subject.course.tokens
    before = subject.traces
    subject.rerun(subject.streams, tokens, subject.changed())
    subject.rerun(subject.streams, tokens, jax.tree.map(jnp.asarray, subject.strategy))
    require(
        subject.traces == before, f"{subject.traces - before} more traces were made"
    )


def structure_is_its_own(subject: Subject) -> None:
    """No other class has an equal tree structure, because `jit` could mix them up.

    The tree structures of two classes registered by `jax.tree_util.register_dataclass`
    are equal if the number of fields and the static values are equal. Subclasses of
    `Strategy` are registered in another way.
    """
    strategy = subject.strategy
    if not dataclasses.is_dataclass(strategy):
        return
    fields = [
        (field.name, bool(field.metadata.get("static")))
        for field in dataclasses.fields(strategy)
    ]
    structure = jax.tree.structure(strategy)
    values = [getattr(strategy, name) for name, _ in fields]
    other = class_like(tuple(fields))(*values)
    require(
        structure != jax.tree.structure(other),  # type: ignore[operator]
        f"{structure} equals that of another dataclass; let Strategy register it",
    )


def leaves_can_be_swept(subject: Subject) -> None:
    """`vmap` over stacked leaves gives the same as single settings."""
    settings = subject.strategy, subject.changed()
    stream = subject.stream(0)

    def shape(strategy):
        state = after_prompt(strategy, stream)
        return strategy.apply(stream.logits[0], state, stream.keys[0])[0]

    if not jax.tree.leaves(subject.strategy):
        return
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *settings)
    for swept, setting in zip(jax.vmap(shape)(stacked), settings, strict=True):
        require_equal(np.asarray(shape(setting)), np.asarray(swept), "in a sweep")


def stays_on_the_device(subject: Subject) -> None:
    """The compiled program has no callbacks and no transfers to the host."""
    for name in primitives(subject.jaxpr()):
        require(
            not any(word in name for word in ("callback", "debug", "feed")),
            f"the program contains {name}",
        )
    arguments = subject.strategy, subject.streams, subject.course.tokens
    strategy, streams, tokens = jax.device_put(arguments)
    given = jax.device_put(np.bool_(True))
    with jax.transfer_guard("disallow"):
        jax.block_until_ready(subject._batch(strategy, streams, tokens, given))


def composes_in_a_chain(subject: Subject) -> None:
    """A chain of one stage gives the same as the stage, and has the same flags.

    The stage must get the key that the chain gives it. If the stage forbids every
    symbol, the chain ignores it.
    """
    strategy, stream = subject.strategy, subject.stream(2)
    tokens = subject.course.tokens[2]
    chained = Chain(strategy)
    for flag in ("shift_invariant", "permutation_equivariant"):
        value = getattr(strategy, flag)
        require(getattr(chained, flag) == value, f"{flag} is {value}, not in a chain")
    stage_keys = jax.vmap(jax.random.fold_in, (0, None))(stream.keys, 0)
    # Chain(chain) has the stages of the chain, so it uses the same keys.
    keys = stream.keys if isinstance(strategy, Chain) else stage_keys
    state = after_prompt(strategy, stream)
    wanted = by_hand(strategy, stream._replace(keys=keys), tokens, state)
    something = (wanted > -np.inf).any(-1, keepdims=True)
    wanted = np.where(something, wanted, np.asarray(stream.logits)[: len(wanted)])
    found = by_hand(chained, stream, tokens, after_prompt(chained, stream))
    require_equal(wanted, found, "in a chain")


def replays_in_the_engine(subject: Subject) -> None:
    """The engine draws the same symbols as a loop that observes each symbol once."""
    strategy, key = subject.strategy, jax.random.key(7)
    rows = [subject.logits(0) for _ in range(subject.vocab_size)]
    model = ToyModel(jnp.asarray(rows))
    prompts = subject.streams.prompt
    drawn = quickly(run_engine)(model, prompts, key, strategy)
    stream_keys = jax.random.split(jax.random.fold_in(key, 1))
    state = after_prompt(strategy, subject.stream(1))
    memory, logits = model.unroll(prompts[1:2])
    memory, logits = memory[0], logits[0, -1]
    for note in range(NOTES):
        keys = [jax.random.fold_in(key, PROMPT + note) for key in stream_keys]
        shaped, state = strategy.apply(logits, state, keys[0])
        shaped = jnp.where(jnp.any(shaped > -jnp.inf), shaped, logits)
        token, _ = GUMBEL.draw(shaped, (), keys[1])
        log_prob = float(jax.nn.log_softmax(shaped)[token])
        found = int(drawn.tokens[1, note]), float(drawn.strategy_log_probs[1, note])
        require(
            int(token) == found[0] and abs(log_prob - found[1]) < TOLERANCE,
            f"note {note} is symbol {found[0]} of log-probability {found[1]}; "
            f"replayed it is {int(token)} of {log_prob}",
        )
        state = strategy.observe(token, state)
        memory, logits = model.step(memory, token)


def run_engine(
    model: ToyModel, prompts: Int[Array, "b p"], key: PRNGKey, strategy: Strategy
) -> Notes:
    """Generate `NOTES` symbols of every stream on one device."""
    streams = prompts.shape[0]
    sampler = Sampler(strategy, CARRIED, GUMBEL)
    plan = Plan(NOTES, trace=False, parallel_streams=streams)
    indices, count = jnp.arange(streams), jnp.int32(streams)
    return begin_and_draw(model, prompts, key, indices, count, sampler, plan)[1]


# If breaking one law makes another fail, the first comes earlier in this list.
LAWS: tuple[Law, ...] = (
    is_pure,
    keeps_shapes_and_dtypes,
    no_nan_or_infinity,
    forbidden_stays_forbidden,
    something_is_left_to_draw,
    rows_are_independent,
    jit_equals_eager,
    survives_an_empty_support,
    shift_invariance,
    permutation_equivariance,
    the_state_moves,
    one_trace,
    structure_is_its_own,
    leaves_can_be_swept,
    stays_on_the_device,
    composes_in_a_chain,
    replays_in_the_engine,
)
