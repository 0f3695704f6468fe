"""The programs that take training steps and are timed: this package's, and limits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import limits
import numpy as np
from programs import THIS_PACKAGE, describe_device
from trained import motif_pieces

from lstm_music_jax import ModelConfig, TrainingConfig
from lstm_music_jax.devices import spread
from lstm_music_jax.system.cores import count_cores
from lstm_music_jax.training.step import TrainState, train_steps
from lstm_music_jax.training.windows import WindowBatcher, cut_windows

# A product of a limit program has at most this many streams. With more, the programs
# are no faster, and the operands would take gigabytes.
_MOST_STREAMS = 256


@dataclass(frozen=True)
class StepProgram:
    """A way to train on one batch.

    Attributes:
        name: its name in the tables.
        runs_on: the device, and the number of threads on a CPU.
        run: takes a number of steps, and returns the loss before each step; a limit has
            no losses and returns its products.
        memory: bytes that the program needs, if known.
    """

    name: str
    runs_on: str
    run: Callable[[int], Any]
    memory: int | None = None


def motif_windows(vocabulary: int, batch: int, width: int) -> WindowBatcher:
    """Return the windows of one batch, so that every step reads the same ones."""
    ids = np.concatenate(motif_pieces(vocabulary))
    starts = np.random.default_rng(0).integers(len(ids) - width, size=batch)
    return cut_windows([ids[start : start + width + 1] for start in starts], width)


def package_step_program(
    state: TrainState, windows: WindowBatcher, config: TrainingConfig
) -> StepProgram:
    """Return a program of this package's steps, all in one dispatch, on one device.

    Every run starts from the same state. `memory` counts the arguments, the results and
    all intermediate values of the compiled program.
    """
    step = spread(partial(train_steps, config=config), jax.local_devices()[:1])
    compiled = step.lower(state, windows, jnp.int32(1)).compile()
    sizes = compiled.memory_analysis()

    def run(steps):
        _, metrics = compiled(state, windows, jnp.int32(steps))
        return metrics.loss[:steps]

    name = THIS_PACKAGE
    if config.precision != "float32":
        name += f", {config.precision}"
    return StepProgram(
        name,
        describe_device(count_cores()),
        run,
        sizes.temp_size_in_bytes
        + sizes.argument_size_in_bytes
        + sizes.output_size_in_bytes,
    )


def stored_bytes(model: ModelConfig, vocabulary: int, positions: int) -> int:
    """Return the bytes that a backward pass over `positions` reads, in float32.

    It reads the logits, and each layer's gate activations (four), cell and output.
    """
    return 4 * positions * (6 * sum(model.sizes) + vocabulary)


class Product(NamedTuple):
    """`[rows inner]` times `[inner columns]`, computed `times` times in sequence."""

    rows: int
    inner: int
    columns: int
    times: int

    @property
    def flops(self) -> int:
        """The number of multiplications and additions."""
        return 2 * self.rows * self.inner * self.columns * self.times


def step_products(
    model: ModelConfig, vocabulary: int, batch: int, width: int
) -> list[Product]:
    """Return the matrix products of a training step: three for each matrix.

    The first product is that of the forward pass. The other two give the gradients with
    respect to the inputs and to the matrix. A recurrent kernel is multiplied position
    by position in both passes. All other products, and the gradients of all matrices,
    are one product over all positions. The first kernel needs no product, because its
    rows are read and their gradients are added up.
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
    """Return programs that compute only these products.

    One uses XLA; on a CPU, another one uses NumPy.
    """
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
        # One number of the operand depends on the last result, through a term that
        # changes nothing, and the result is carried. So the compiler has to compute
        # every product completely.
        first = left[:1, :1] + 1e-30 * result[:1, :1]
        left = jax.lax.dynamic_update_slice(left, first, (0, 0))
        return left, left @ right

    return jax.lax.fori_loop(0, times, again, (left, result))


def _in_xla(needed):
    operands = [[jnp.array(x) for x in _operands(product)] for product in needed]

    def run(steps):
        for product, held in zip(needed, operands, strict=True):
            held[0], held[2] = _repeat(*held, steps * product.times)
        return [result for _, _, result in operands]

    return StepProgram(f"{limits.PRODUCTS}, XLA", describe_device(count_cores()), run)


def _in_numpy(needed):
    operands = [_operands(product) for product in needed]

    def run(steps):
        for product, (left, right, result) in zip(needed, operands, strict=True):
            for _ in range(steps * product.times):
                np.matmul(left, right, out=result)
        return [result for _, _, result in operands]

    runs_on = f"cpu, {count_cores()} threads"
    return StepProgram(f"{limits.PRODUCTS}, NumPy", runs_on, run)
