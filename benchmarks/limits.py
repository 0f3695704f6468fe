"""What the machine can do at most, as programs: they draw nothing, and do only this.

A step has to read its weights once for all streams, and to multiply with them once a
stream. Neither program computes anything else, so none that draws can pass both.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np
from programs import Program, Weights, place

from lstm_music_jax.system.cores import count_cores

READING = "limit: weights read"
PRODUCTS = "limit: products"
# An accelerator is asked for more than its caches hold, and with one kernel a time.
_COPIES = 64


def footprint(weights: Weights) -> int:
    """Bytes of the matrices that every step reads whole."""
    return sum(matrix.nbytes for matrix in weights.products)


def flops(weights: Weights, rows: int = 1, head_rows: int | None = None) -> int:
    """Multiplications and additions of the products for `rows` states."""
    *matrices, head = weights.products
    head_rows = rows if head_rows is None else head_rows
    return 2 * (rows * sum(m.size for m in matrices) + head_rows * head.size)


def reading(weights: Weights) -> list[Program]:
    """Read as many bytes as the weights have, once a note: one core, and all."""
    size = footprint(weights) // 8
    if jax.devices()[0].platform != "cpu":
        return [_reading_on_device(size)]
    numbers = np.random.default_rng(0).integers(0, 2**60, size)

    def run(threads, notes):
        # Each core has its own part, as it would of a matrix. Or-ing 64-bit words is
        # the fastest that NumPy reads.
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
        # Each maximum depends on the one before, or all but one would be dropped.
        return jax.lax.fori_loop(
            0, times, lambda _, m: jnp.max(numbers + 1e-30 * m), jnp.float32(0)
        )

    def draw(notes):
        return run(numbers, -(-notes // _COPIES))

    return Program(f"{READING}, device memory", place(0), draw)


def products(
    weights: Weights, rows: int, head_rows: int | None = None
) -> list[Program]:
    """Do a step's matrix products and nothing else, for `rows` states, once a note."""
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
        # The inputs wait for the last results, by a term that changes nothing, and
        # the results are carried: so the compiler can neither form a product once
        # for all nor only the part of it that is looked at.
        inputs = [x + 1e-30 * y[:, :1] for x, y in zip(*carry, strict=True)]
        return inputs, [x @ a for x, a in zip(inputs, arrays, strict=True)]

    run = jax.jit(lambda carry, times: jax.lax.fori_loop(0, times, step, carry))
    inputs = [jnp.asarray(x) for x in inputs]
    outputs = [
        jnp.zeros((len(x), a.shape[1])) for x, a in zip(inputs, arrays, strict=True)
    ]
    return Program(
        f"{PRODUCTS}, XLA", place(count_cores()), lambda n: run((inputs, outputs), n)
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
