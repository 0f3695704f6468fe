"""A training step, as a thing to be timed: ours, and its matrix products alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import limits
import numpy as np
from programs import OURS, place
from trained import motifs

from lstm_music_jax import ModelConfig, TrainingConfig
from lstm_music_jax.devices import spread
from lstm_music_jax.system.cores import count_cores
from lstm_music_jax.training.step import TrainState, train_steps
from lstm_music_jax.training.windows import WindowBatcher

# Streams whose products are formed at once, by the limits alone. More are no faster,
# and their operands would take gigabytes.
_MOST_STREAMS = 256


@dataclass(frozen=True)
class StepProgram:
    """A way to train on one batch.

    `take` takes a number of steps and returns the loss before each; a limit, which has
    none, its products. `memory` is in bytes, where a program can tell.
    """

    name: str
    runs_on: str
    take: Callable[[int], Any]
    memory: int | None = None


def windows_of_motifs(vocabulary: int, batch: int, width: int) -> WindowBatcher:
    """Return as many windows as a batch has, so that every step reads the same."""
    ids = np.concatenate(motifs(vocabulary))
    starts = np.random.default_rng(0).integers(len(ids) - width, size=batch)
    lengths = np.full(batch, width)
    return WindowBatcher(
        *(jnp.asarray(part, jnp.int32) for part in (ids, starts, lengths))
    )


def ours(
    state: TrainState, windows: WindowBatcher, config: TrainingConfig
) -> StepProgram:
    """Take the steps of `training.step`, all in one dispatch, on one device.

    Always from the same state. Memory is what the compiled program needs: arguments,
    results, and everything in between.
    """
    step = spread(partial(train_steps, config=config), jax.local_devices()[:1])
    compiled = step.lower(state, windows, jnp.int32(1)).compile()
    sizes = compiled.memory_analysis()

    def take(steps):
        _, metrics = compiled(state, windows, jnp.int32(steps))
        return metrics.loss[:steps]

    return StepProgram(
        OURS if config.precision == "float32" else f"{OURS}, {config.precision}",
        place(count_cores()),
        take,
        sizes.temp_size_in_bytes
        + sizes.argument_size_in_bytes
        + sizes.output_size_in_bytes,
    )


def stored(model: ModelConfig, vocabulary: int, positions: int) -> int:
    """Bytes that the backward pass reads, in float32, for so many symbols.

    Of each layer the four gates' activations, cell and output; and the logits.
    """
    return 4 * positions * (6 * sum(model.sizes) + vocabulary)


class Product(NamedTuple):
    """`[rows inner]` times `[inner columns]`, `times` one after the other."""

    rows: int
    inner: int
    columns: int
    times: int

    @property
    def flops(self) -> int:
        """Multiplications and additions."""
        return 2 * self.rows * self.inner * self.columns * self.times


def products(
    model: ModelConfig, vocabulary: int, batch: int, width: int
) -> list[Product]:
    """Return a step's matrix products: each matrix's own, and its two derivatives'.

    The recurrence goes step by step, there and back; the derivative by a matrix is one
    product over all positions, and so are the layers' inputs and the head. Of the first
    kernel rows are read, and their gradients added up: no product is needed.
    """
    sizes = model.sizes
    streams = max(n for n in range(1, _MOST_STREAMS + 1) if batch % n == 0)
    parts, positions = batch // streams, streams * width
    recurrent = [(size, 4 * size) for size in sizes]
    others = zip(sizes, [*(4 * size for size in sizes[1:]), vocabulary], strict=True)
    found = []
    for matrices, rows, times in (
        (recurrent, streams, width * parts),
        (others, positions, parts),
    ):
        for inner, columns in matrices:
            found += [
                Product(rows, inner, columns, times),
                Product(rows, columns, inner, times),
                Product(inner, positions, columns, parts),
            ]
    return found


def limit_programs(needed: Sequence[Product]) -> list[StepProgram]:
    """Do a step's matrix products and nothing else, in XLA, on a CPU in NumPy too."""
    found = [_in_xla(needed)]
    if jax.devices()[0].platform == "cpu":
        found.append(_in_numpy(needed))
    return found


def _operands(product):
    random = np.random.default_rng(0)
    rows, inner, columns, _ = product
    return (
        random.standard_normal((rows, inner), np.float32),
        random.standard_normal((inner, columns), np.float32),
        np.zeros((rows, columns), np.float32),
    )


@partial(jax.jit, donate_argnames=("left", "result"))
def _repeat(left, right, result, times):
    def again(_, carry):
        left, result = carry
        # One number waits for the last result, by a term that changes nothing, and
        # the result is carried: so each product has to be formed, and whole.
        first = left[:1, :1] + 1e-30 * result[:1, :1]
        left = jax.lax.dynamic_update_slice(left, first, (0, 0))
        return left, left @ right

    return jax.lax.fori_loop(0, times, again, (left, result))


def _in_xla(needed):
    operands = [[jnp.array(x) for x in _operands(product)] for product in needed]

    def take(steps):
        for product, held in zip(needed, operands, strict=True):
            held[0], held[2] = _repeat(*held, steps * product.times)
        return [result for _, _, result in operands]

    return StepProgram(f"{limits.PRODUCTS}, XLA", place(count_cores()), take)


def _in_numpy(needed):
    operands = [_operands(product) for product in needed]

    def take(steps):
        for product, (left, right, result) in zip(needed, operands, strict=True):
            for _ in range(steps * product.times):
                np.matmul(left, right, out=result)
        return [result for _, _, result in operands]

    runs_on = f"cpu, {count_cores()} threads"
    return StepProgram(f"{limits.PRODUCTS}, NumPy", runs_on, take)
