"""Programs that measure what limits the speed of a step on this machine.

A step reads all weights once, whatever the number of streams, and multiplies with them
once per stream. Each program here only reads or only multiplies, and draws nothing. A
program that draws has to do both, so these programs are limits on its speed.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np
from programs import Program, Weights, describe_device

from lstm_music_jax.system.cores import count_cores

READING = "limit: reading the weights"
PRODUCTS = "limit: products"
# On an accelerator one kernel reads this many copies of the weights. Together they are
# larger than its caches.
_COPIES = 64


def weight_bytes(weights: Weights) -> int:
    """Return the bytes of the matrices that every step reads completely."""
    return sum(matrix.nbytes for matrix in weights.products)


def step_flops(weights: Weights, rows: int = 1, head_rows: int | None = None) -> int:
    """Count the multiplications and additions of a step's products.

    Args:
        weights: the weights of the model.
        rows: number of states that are multiplied with the kernels.
        head_rows: number of states that are multiplied with the head; by default
            `rows`.
    """
    *matrices, head = weights.products
    head_rows = rows if head_rows is None else head_rows
    return 2 * (rows * sum(m.size for m in matrices) + head_rows * head.size)


def reading_programs(weights: Weights) -> list[Program]:
    """Return programs that read as many bytes as the weights have, once per note.

    On a CPU one program uses one core, and another uses all cores if there are several.
    """
    size = weight_bytes(weights) // 8
    if jax.devices()[0].platform != "cpu":
        return [_reading_on_device(size)]
    numbers = np.random.default_rng(0).integers(0, 2**60, size)

    def run(threads, notes):
        # Each core reads its own part, as it would read its part of a matrix. NumPy
        # reads memory fastest when it combines 64-bit words by OR.
        parts = np.array_split(numbers, threads)

        def read(part):
            return [np.bitwise_or.reduce(part) for _ in range(notes)]

        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(read, parts))

    return [
        Program(
            f"{READING}, {'1 core' if threads == 1 else 'all cores'}",
            f"cpu, {threads} thread{'s' * (threads > 1)}",
            lambda notes, threads=threads: run(threads, notes),
        )
        for threads in sorted({1, count_cores()})
    ]


def _reading_on_device(size):
    numbers = jax.random.normal(jax.random.key(0), (_COPIES * size * 2,))

    @jax.jit
    def run(numbers, times):
        # Each maximum depends on the previous one. Otherwise the compiler would compute
        # only one.
        return jax.lax.fori_loop(
            0, times, lambda _, m: jnp.max(numbers + 1e-30 * m), jnp.float32(0)
        )

    def draw(notes):
        return run(numbers, -(-notes // _COPIES))

    return Program(f"{READING}, device memory", describe_device(0), draw)


def product_programs(
    weights: Weights, rows: int, head_rows: int | None = None
) -> list[Program]:
    """Return programs that compute only a step's matrix products, once per note.

    Args:
        weights: the weights of the model.
        rows: number of states that are multiplied with the kernels.
        head_rows: number of states that are multiplied with the head; by default
            `rows`.
    """
    shapes = [matrix.shape for matrix in weights.products]
    counts = [rows] * (len(shapes) - 1) + [rows if head_rows is None else head_rows]
    random = np.random.default_rng(0)
    inputs = [
        random.standard_normal((count, inner), np.float32)
        for count, (inner, _) in zip(counts, shapes, strict=True)
    ]
    found = [_products_in_xla(inputs, weights.products)]
    if jax.devices()[0].platform == "cpu":
        found.append(_products_in_numpy(inputs, weights.products))
    return found


def _products_in_xla(inputs, matrices):
    arrays = [jnp.asarray(matrix) for matrix in matrices]

    def step(_, carry):
        # Each input depends on the last result, through a term that changes nothing,
        # and the results are carried. So the compiler cannot compute a product once for
        # all steps, and cannot compute only the part of it that is used.
        inputs = [x + 1e-30 * y[:, :1] for x, y in zip(*carry, strict=True)]
        return inputs, [x @ a for x, a in zip(inputs, arrays, strict=True)]

    run = jax.jit(lambda carry, times: jax.lax.fori_loop(0, times, step, carry))
    inputs = [jnp.asarray(x) for x in inputs]
    outputs = [
        jnp.zeros((len(x), a.shape[1])) for x, a in zip(inputs, arrays, strict=True)
    ]
    return Program(
        f"{PRODUCTS}, XLA",
        describe_device(count_cores()),
        lambda notes: run((inputs, outputs), notes),
    )


def _products_in_numpy(inputs, matrices: Sequence[np.ndarray]):
    outputs = [
        np.empty((len(x), matrix.shape[1]), np.float32)
        for x, matrix in zip(inputs, matrices, strict=True)
    ]

    def draw(notes):
        for _ in range(notes):
            for x, matrix, out in zip(inputs, matrices, outputs, strict=True):
                np.matmul(x, matrix, out=out)
        return outputs

    return Program(f"{PRODUCTS}, NumPy", f"cpu, {count_cores()} threads", draw)
