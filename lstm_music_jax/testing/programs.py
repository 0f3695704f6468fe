"""Examines the operations of a strategy's methods without running the methods.

A program is the jaxpr of a method: the list of its operations. JAX finds it by tracing
the method. A stream is a sequence that is generated.
"""

import dataclasses
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.testing.findings import host
from lstm_music_jax.testing.inputs import note_key

# Operations that make noise from a key.
NOISE = frozenset(
    {
        "random_bits",
        "random_gamma",
        "random_unwrap",
        "rng_bit_generator",
        "rng_uniform",
        "threefry2x32",
    }
)
# These operations hold inner programs. The values that enter an inner program are not
# the arguments of the operation.
LOOPS = frozenset({"scan", "while", "cond"})


class Programs(NamedTuple):
    """The jaxprs of a strategy's methods `init`, `apply` and `observe`."""

    init: Any
    apply: Any
    observe: Any


def programs(strategy: Strategy, vocab_size: int) -> Programs:
    """Return the jaxprs of a strategy's methods.

    The first inputs of each jaxpr are the leaves of the strategy.
    """
    state = jax.eval_shape(lambda: strategy.init(vocab_size))
    logits = jax.ShapeDtypeStruct((vocab_size,), jnp.float32)
    key = jax.eval_shape(note_key, jax.ShapeDtypeStruct((2,), jnp.uint32))
    token = jax.ShapeDtypeStruct((), jnp.int32)
    return Programs(
        jax.make_jaxpr(lambda s: s.init(vocab_size))(strategy),
        jax.make_jaxpr(lambda s, *a: s.apply(*a))(strategy, logits, state, key),
        jax.make_jaxpr(lambda s, *a: s.observe(*a))(strategy, token, state),
    )


def primitives(jaxpr) -> Iterator[str]:
    """Yield the names of the operations of a jaxpr, and of all jaxprs within it."""
    for equation in jaxpr.eqns:
        yield equation.primitive.name
        for program in _inner(equation):
            yield from primitives(program)


def leaves_the_device(jaxpr) -> list[str]:
    """Return the operations of a jaxpr that call the host, such as callbacks."""
    words = ("callback", "debug", "feed")
    return [name for name in primitives(jaxpr) if any(word in name for word in words)]


class Outline(NamedTuple):
    """What a strategy's methods compute, with the numbers apart from the rest.

    Two strategies whose `form` is equal differ only in numbers.

    Attributes:
        form: names, parameters and shapes of all operations, as texts.
        numbers: the leaves of the strategy, and the constants and literals of the
            jaxprs, as bytes.
    """

    form: list[str]
    numbers: list[bytes]


def outline(strategy: Strategy, vocab_size: int) -> Outline:
    """Return the operations, shapes and numbers of a strategy's methods.

    The leaves of the strategy are among the numbers.
    """
    found = Outline([], [])
    for leaf in jax.tree.leaves(strategy):
        _note_number(found, leaf)
    for program in programs(strategy, vocab_size):
        _write_outline(found, program.jaxpr, program.consts)
    return found


def fixed_noise(strategy: Strategy, vocab_size: int) -> list[str]:
    """Return the names of the operations that make the same noise in every stream.

    The methods `apply` and `observe` are examined. Noise must depend on the key that
    `apply` is given, on a symbol or on logits. It may depend on them through the state.
    Noise inside a loop is not reported if any input of the loop depends on them.
    """
    written = programs(strategy, vocab_size)
    leaves = len(jax.tree.leaves(strategy))
    settings = [False] * leaves
    state = [False] * len(written.init.jaxpr.outvars)
    while True:
        noise: list[str] = []
        given = [*settings, True, *state, True]
        _, *after = _depends(written.apply.jaxpr, given, noise)
        after = [old or new for old, new in zip(state, after, strict=True)]
        given = [*settings, True, *after]
        observed = _depends(written.observe.jaxpr, given, noise)
        after = [old or new for old, new in zip(after, observed, strict=True)]
        if after == state:
            return noise
        state = after


def steady_noise(jaxpr, given: list[bool]) -> list[str]:
    """Return the names of operations of a jaxpr that make noise from no marked input.

    Input i is marked if `given[i]` is True.
    """
    noise: list[str] = []
    _depends(jaxpr, given, noise)
    return noise


def _depends(jaxpr, given: list[bool], noise: list[str]) -> list[bool]:
    """Return, for each result of a jaxpr, whether it depends on a marked input.

    Input i is marked if `given[i]` is True. The name of each operation that draws
    random bits without depending on a marked input is appended to `noise`.
    """
    known = dict(zip(jaxpr.invars, given, strict=True))

    def depends(value):
        return not hasattr(value, "val") and known.get(value, False)

    for equation in jaxpr.eqns:
        inputs = [depends(value) for value in equation.invars]
        name, inner = equation.primitive.name, _inner(equation)
        outputs = [any(inputs)] * len(equation.outvars)
        if name in NOISE and not any(inputs):
            noise.append(name)
        for program in inner:
            passed_on = len(inner) == 1 and len(program.invars) == len(inputs)
            if passed_on and name not in LOOPS:
                outputs = _depends(program, inputs, noise)
            else:
                _depends(program, [any(inputs)] * len(program.invars), noise)
        known.update(zip(equation.outvars, outputs, strict=True))
    return [depends(value) for value in jaxpr.outvars]


def _write_outline(found: Outline, jaxpr, constants) -> None:
    for constant in constants:
        _note_number(found, constant)
    for equation in jaxpr.eqns:
        found.form.append(equation.primitive.name)
        for value in equation.invars:
            if hasattr(value, "val"):
                _note_number(found, value.val)
        for name, value in sorted(equation.params.items()):
            # Memory addresses are left out. Inner programs are written below.
            if not _programs_in(value) and " at 0x" not in str(value):
                found.form.append(f"{name}={value}")
        found.form.extend(str(value.aval) for value in equation.outvars)
        for program in _programs_in(list(equation.params.values())):
            closed = getattr(program, "consts", ())
            _write_outline(found, getattr(program, "jaxpr", program), closed)


def _note_number(found: Outline, value: Any) -> None:
    (array,) = host([value])
    found.form.append(f"{array.dtype}{array.shape}")
    found.numbers.append(array.tobytes())


def _inner(equation) -> list[Any]:
    inner = _programs_in(list(equation.params.values()))
    return [getattr(program, "jaxpr", program) for program in inner]


def _programs_in(value: Any) -> list[Any]:
    leaves = jax.tree.leaves(value, is_leaf=lambda x: hasattr(x, "eqns"))
    return [x for x in leaves if hasattr(getattr(x, "jaxpr", x), "eqns")]


def within(value: Any, path: str = "strategy") -> Iterator[tuple[str, Any]]:
    """Yield a strategy and all strategies inside it, each with its path.

    A path is an expression such as "strategy.stages[0]".
    """
    if isinstance(value, Strategy):
        yield path, value
        for name, item in vars(value).items():
            yield from within(item, f"{path}.{name}")
    elif isinstance(value, (tuple, list)):
        for index, item in enumerate(value):
            yield from within(item, f"{path}[{index}]")


def static_fields(strategy: Strategy) -> list[str]:
    """Return the names of the static fields, which are not leaves, of a strategy."""
    if not dataclasses.is_dataclass(strategy):
        return []
    fields = dataclasses.fields(strategy)
    return [field.name for field in fields if field.metadata.get("static")]
