"""The laws that a decoder must keep, one function each.

`check_decoder` runs them in the order of `DECODER_LAWS`.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.generation.decoders.base import Choice
from lstm_music_jax.generation.draws import Gumbel
from lstm_music_jax.generation.engine import Plan, Sampler
from lstm_music_jax.generation.generate import CARRIED, MODEL_ALONE
from lstm_music_jax.generation.population import begin_and_decode, decode_more
from lstm_music_jax.testing.decoding import (
    POPULATIONS,
    DecoderSubject,
    begin,
    first_choice,
    run,
)
from lstm_music_jax.testing.findings import (
    TOLERANCE,
    Broken,
    host,
    kind,
    require,
    require_none,
)
from lstm_music_jax.testing.inputs import random_logits
from lstm_music_jax.testing.programs import leaves_the_device, steady_noise
from lstm_music_jax.testing.runner import quickly
from lstm_music_jax.testing.toy_model import ToyModel

DecoderLaw = Callable[[DecoderSubject], None]
# The number of symbols that a decoder chooses without being compiled, and the number
# that the engine draws in each of two calls.
_BY_HAND, _HALF = 2, 3


def choices_have_shapes_and_dtypes(subject: DecoderSubject) -> None:
    """A choice is int32, int32 and float32, all `[m]`; the state keeps its shapes.

    It keeps its dtypes and its structure too. The first log-weights are float32 `[m]`,
    and a picked member is an int32.
    """
    decoder, members = subject.decoder, subject.decoder.members
    arguments = decoder, subject.material.rows(0), subject.vocab_size

    def choose_and_pick():
        first, before = begin(*arguments)
        picked = decoder.pick(first.log_weights, jax.random.key(0))
        return first, before, *first_choice(*arguments), picked

    first, before, choice, after, picked = jax.eval_shape(choose_and_pick)
    for name, given, wanted in (
        ("the first log-weights", first.log_weights, f"float32[{members}]"),
        ("ancestors", choice.ancestors, f"int32[{members}]"),
        ("tokens", choice.tokens, f"int32[{members}]"),
        ("log_weights", choice.log_weights, f"float32[{members}]"),
        ("the picked member", picked, "int32[]"),
    ):
        found = kind(given).replace(" ", "")
        require(found == wanted, f"{name}: {found}; it must be {wanted}")
    require(
        kind(before) == kind(after),
        f"the state was {kind(before)} and became {kind(after)}",
    )


def noise_comes_from_its_key(subject: DecoderSubject) -> None:
    """Noise comes from the key that a method is given, and never from a fixed key.

    With a fixed key, every population would have the same noise. The methods must also
    stay on the device.
    """
    decoder, material = subject.decoder, subject.material.rows(0)

    def method(name, call, *arguments):
        program = jax.make_jaxpr(call)(decoder, *arguments).jaxpr
        settings = len(jax.tree.leaves(decoder))
        given = [number >= settings for number in range(len(program.invars))]
        for operation in steady_noise(program, given):
            raise Broken(f"{operation} in `{name}` has a fixed key")
        for operation in leaves_the_device(program):
            raise Broken(f"`{name}` leaves the device by {operation}")

    def choose(decoder, material):
        return first_choice(decoder, material, subject.vocab_size)

    material = jax.tree.map(jnp.asarray, material)
    method("choose", choose, material)
    weights, key = jnp.zeros(decoder.members, jnp.float32), jax.random.key(0)
    method("pick", lambda decoder, *a: decoder.pick(*a), weights, key)


def is_pure(subject: DecoderSubject) -> None:
    """Two calls with the same arguments return the same choice and the same state."""
    arguments = subject.decoder, subject.material.rows(0), subject.vocab_size
    with jax.disable_jit():
        pairs = zip(*(host(first_choice(*arguments)) for _ in range(2)), strict=True)
    for one, other in pairs:
        require_none(one != other, "the second call differs", one, other)


def ancestors_and_tokens_exist(subject: DecoderSubject) -> None:
    """Ancestors are members, and tokens are ids of the vocabulary."""
    choices = subject.decoded.choices
    for name, size in (
        ("ancestors", subject.decoder.members),
        ("tokens", subject.vocab_size),
    ):
        values = getattr(choices, name)
        bad = (values < 0) | (values >= size)
        require_none(bad, f"{name} must be from 0 to {size - 1}", values)


def a_picked_member_counts(subject: DecoderSubject) -> None:
    """If only one member has a weight above 0, it is picked."""
    members = subject.decoder.members
    alone = jnp.where(jnp.eye(members, dtype=bool), jnp.float32(0), -jnp.inf)
    keys = jax.random.split(jax.random.key(0), members)
    picked = np.asarray(jax.vmap(subject.decoder.pick)(alone, keys))
    bad = picked != np.arange(members)
    require_none(bad, "a member of the log-weight -inf was picked", picked)


def weights_are_numbers(subject: DecoderSubject) -> None:
    """Log-weights are finite or -inf."""
    weights = subject.decoded.choices.log_weights
    bad = np.isnan(weights) | (weights == np.inf)
    require_none(bad, "a log-weight is neither finite nor -inf", weights)


def forbidden_symbols_have_no_weight(subject: DecoderSubject) -> None:
    """A member whose symbol is forbidden has the log-weight -inf.

    A member that has ended may only repeat the stop symbol.
    """
    candidates, choices, _ = subject.decoded
    chosen = _of_ancestors(candidates.strategy_log_probs, choices.ancestors)
    tokens = np.asarray(choices.tokens)[..., None]
    chosen = np.take_along_axis(chosen, tokens, axis=-1)[..., 0]
    bad = (chosen == -np.inf) & (choices.log_weights > -np.inf)
    require_none(bad, "a forbidden symbol has a weight", choices.log_weights)


def dead_members_stay_out(subject: DecoderSubject) -> None:
    """A member that continues one of the log-weight -inf has that log-weight too."""
    candidates, choices, _ = subject.decoded
    weights = candidates.log_weights[..., None]
    before = _of_ancestors(weights, choices.ancestors)[..., 0]
    bad = (before == -np.inf) & (choices.log_weights > -np.inf)
    require_none(bad, "a member without weight was revived", choices.log_weights)


def someone_is_left(subject: DecoderSubject) -> None:
    """Some member has a weight, if one had a weight before."""
    before = subject.decoded.candidates.log_weights
    after = subject.decoded.choices.log_weights
    bad = np.any(before > -np.inf, axis=-1) & np.all(after == -np.inf, axis=-1)
    require_none(bad, "no member has a weight any more")


def populations_are_independent(subject: DecoderSubject) -> None:
    """The choices of a population do not depend on the other ones of the batch.

    Log-weights may differ by rounding.
    """
    order = np.roll(np.arange(POPULATIONS), 2)
    order[0] = order[1]
    alone = jax.tree.map(lambda leaf: leaf[order], subject.decoded.choices)
    among = subject.decode(subject.material.rows(order)).choices
    _require_same(alone, among, "among other populations")


def jit_equals_eager(subject: DecoderSubject) -> None:
    """The compiled decoder chooses what the uncompiled one does.

    Log-weights may differ by rounding. The first two symbols are compared.
    """
    decoder, material = subject.decoder, subject.material.rows(0)
    with jax.disable_jit():
        eager = run(decoder, material, subject.vocab_size, _BY_HAND).choices
    compiled = jax.tree.map(lambda leaf: leaf[0, :_BY_HAND], subject.decoded.choices)
    _require_same(compiled, eager, "if not compiled")


def continues_in_the_engine(subject: DecoderSubject) -> None:
    """Drawing n symbols and then n more gives the same as drawing 2 n in one call.

    Log-weights may differ by rounding. The symbols of members with the log-weight -inf
    are not compared.
    """
    decoder, size = subject.decoder, subject.vocab_size
    rng, count = np.random.default_rng(0), 2
    model = ToyModel(np.array([random_logits(rng, size, 0) for _ in range(size)]))
    prompts = jnp.asarray(rng.integers(0, size, (count, 2)), jnp.int32)
    sampler = Sampler(MODEL_ALONE, CARRIED, Gumbel(), None, decoder)
    key, numbers = jax.random.key(3), jnp.arange(count, dtype=jnp.int32)

    def start(length, model, sampler):
        plan = Plan(length, False, count * decoder.members)
        total = jnp.int32(count)
        return begin_and_decode(model, prompts, key, numbers, total, sampler, plan)

    def both(model, sampler):
        plan = Plan(_HALF, False, count * decoder.members)
        populations, first, _ = start(_HALF, model, sampler)
        more = decode_more(model, populations, key, sampler, plan)
        return first, more, start(2 * _HALF, model, sampler)

    first, more, whole = jax.tree.map(np.asarray, quickly(both)(model, sampler))
    tokens = np.take_along_axis(first.tokens, more[2].origins[..., None], axis=1)
    joined = np.concatenate([tokens, more[1].tokens], axis=-1)
    alive = whole[2].log_weights > -np.inf
    weights = more[2].log_weights, whole[2].log_weights
    require_none(_differ(*weights), "log-weights, if continued", *weights)
    bad = (joined != whole[1].tokens) & alive[..., None]
    require_none(bad, "tokens, if continued", joined, whole[1].tokens)


def _of_ancestors(values, ancestors):
    return np.take_along_axis(values, ancestors[..., None], axis=-2)


def _differ(one, other):
    if one.dtype != np.float32:
        return one != other
    with np.errstate(invalid="ignore"):
        near = np.abs(one - other) <= TOLERANCE * np.maximum(1, np.abs(one))
    return ~(near | (one == other))


def _require_same(wanted: Choice, found: Choice, where: str) -> None:
    for name, *pair in zip(Choice._fields, wanted, found, strict=True):
        one, other = map(np.asarray, pair)
        require_none(_differ(one, other), f"{name}, {where}", one, other)


# If breaking one law makes another fail, the first comes earlier in this list.
DECODER_LAWS: tuple[DecoderLaw, ...] = (
    choices_have_shapes_and_dtypes,
    noise_comes_from_its_key,
    is_pure,
    ancestors_and_tokens_exist,
    a_picked_member_counts,
    weights_are_numbers,
    forbidden_symbols_have_no_weight,
    dead_members_stay_out,
    someone_is_left,
    populations_are_independent,
    jit_equals_eager,
    continues_in_the_engine,
)
