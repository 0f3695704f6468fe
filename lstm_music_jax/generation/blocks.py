"""Draws pieces in blocks of symbols, until each piece is complete."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import jax
import numpy as np

from lstm_music_jax.generation.population import History
from lstm_music_jax.generation.program import Generation, Streams
from lstm_music_jax.generation.trace import Trace
from lstm_music_jax.system.progress import Bar
from lstm_music_jax.types import Bool, Int

Piece = TypeVar("Piece")


class Lines(NamedTuple):
    """The symbols of several members of each population, from all blocks.

    A single stream is a population of one member.

    Attributes:
        tokens: ids of the symbols.
        lengths: number of symbols before the end symbol.
        fallbacks: number of symbols for which the strategy was ignored.
        trace: the trace of the symbols; None unless requested.
        counts: whether the decoder counts the member: its weight is not 0.
    """

    tokens: Int[np.ndarray, "b m n"]
    lengths: Int[np.ndarray, "b m"]
    fallbacks: Int[np.ndarray, "b m"]
    trace: Trace | None
    counts: Bool[np.ndarray, "b m"]


def picked(drawn: Sequence[Generation]) -> Lines:
    """Return the symbols of the member that stands for each population, `[b 1 ...]`.

    Args:
        drawn: successive generations, each of which continues the one before.
    """
    last = drawn[-1]
    if last.members is None:
        return joined(drawn, np.zeros((len(last.tokens), 1), np.int32))
    return joined(drawn, np.asarray(last.members.picked)[:, None])


def all_members(drawn: Sequence[Generation]) -> Lines:
    """Return the symbols of all members, joined over the blocks, without their traces.

    Args:
        drawn: successive generations, each of which continues the one before.
    """
    last = drawn[-1].tokens
    members = 1 if last.ndim == 2 else last.shape[1]
    everyone = np.tile(np.arange(members, dtype=np.int32), (len(last), 1))
    return joined([each._replace(trace=None) for each in drawn], everyone)


def history_of(drawn: Sequence[Generation]) -> History | None:
    """Return what the decoder chose in all blocks, `[b n m]`.

    Return None without a decoder or without a trace.
    """
    histories = [each.members and each.members.history for each in drawn]
    return jax.tree.map(lambda *blocks: np.concatenate(blocks, axis=1), *histories)


def joined(drawn: Sequence[Generation], rows: Int[np.ndarray, "b m"]) -> Lines:
    """Join the symbols of members over all blocks.

    Args:
        drawn: successive generations, each of which continues the one before.
        rows: numbers of the members after the last block.
    """
    parts = []
    for generation in reversed(drawn):
        block = _block(generation)
        parts.append(jax.tree.map(lambda leaf, rows=rows: _taken(leaf, rows), block))
        rows = parts[-1].origins
    parts.reverse()
    return Lines(
        np.concatenate([part.tokens for part in parts], axis=2),
        np.sum([part.lengths for part in parts], axis=0),
        parts[-1].fallbacks,
        jax.tree.map(
            lambda *leaves: np.concatenate(leaves, axis=2),
            *(part.trace for part in parts),
        ),
        parts[-1].log_weights > -np.inf,
    )


def completed(
    generate_block: Callable[[Streams], Generation],
    decode: Callable[[Sequence[Generation], Sequence[int], bool], list[Piece | None]],
    first: Generation,
    step: int,
    most: int,
    bar: Bar,
) -> list[Piece | None]:
    """Draw further blocks of symbols until every piece is complete, or long enough.

    A complete piece stays as it is, so that it does not depend on how long the other
    pieces of its batch take.

    Args:
        generate_block: draws a further block of all streams.
        decode: returns the pieces with given numbers, from all blocks; None for a piece
            that is not complete. It is also told whether each piece has `most` symbols,
            so that no further block is drawn.
        first: the first block.
        step: pieces are decoded whenever so many further symbols are drawn. It is a
            multiple of the length of a block.
        most: symbols per piece after which no further block is drawn.
        bar: shows how many symbols of each piece are drawn.

    Returns:
        The pieces; None for one that was not complete after `most` symbols.
    """
    drawn = [first]
    pieces: list[Piece | None] = [None] * len(first.tokens)
    while True:
        total = len(drawn) * first.tokens.shape[-1]
        jax.block_until_ready(drawn[-1].tokens)
        bar.update(min(total, bar.total))
        missing = [number for number, piece in enumerate(pieces) if piece is None]
        if total % step == 0:
            found = decode(drawn, missing, total >= most)
            for number, piece in zip(missing, found, strict=True):
                pieces[number] = piece
        if total >= most or all(piece is not None for piece in pieces):
            return pieces
        drawn.append(generate_block(drawn[-1].streams))


class _Block(NamedTuple):
    """A generation of populations on the host, `[b m ...]`."""

    tokens: np.ndarray
    lengths: np.ndarray
    fallbacks: np.ndarray
    trace: Trace | None
    origins: np.ndarray
    log_weights: np.ndarray


def _block(generation: Generation) -> _Block:
    """Return a generation on the host; a single stream is a population of one."""
    tokens = np.asarray(generation.tokens)
    if generation.lengths is None:
        lengths = np.full(tokens.shape[:-1], tokens.shape[-1], np.int32)
    else:
        lengths = np.asarray(generation.lengths)
    fallbacks = np.asarray(generation.fallbacks)
    trace = jax.tree.map(np.asarray, generation.trace)
    if generation.members is not None:
        origins = np.asarray(generation.members.origins)
        log_weights = np.asarray(generation.members.log_weights)
        return _Block(tokens, lengths, fallbacks, trace, origins, log_weights)
    origins, log_weights = np.zeros_like(lengths), np.zeros(lengths.shape, np.float32)
    alone = _Block(tokens, lengths, fallbacks, trace, origins, log_weights)
    return jax.tree.map(lambda leaf: leaf[:, None], alone)


def _taken(leaf: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the entries of members, `[b m ...]`."""
    rows = rows.reshape(*rows.shape, *(1,) * (leaf.ndim - 2))
    return np.take_along_axis(leaf, rows, axis=1)
