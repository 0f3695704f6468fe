"""Composition: a trained model writes scores of a given number of notes or symbols.

A piece is generated as the continuation of a prompt. The primer is the music of the
prompt. An encoding turns scores into symbols and back.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.generation.arguments import BatchPart, whole_number
from lstm_music_jax.generation.blocks import (
    Lines,
    all_members,
    completed,
    history_of,
    picked,
)
from lstm_music_jax.generation.decoders.base import Decoder
from lstm_music_jax.generation.draws import Draw
from lstm_music_jax.generation.generate import (
    CARRIED,
    GUMBEL,
    MODEL_ALONE,
    generate,
)
from lstm_music_jax.generation.masks import masks
from lstm_music_jax.generation.origin import Origin
from lstm_music_jax.generation.piece_symbols import decode_piece, primer_symbols
from lstm_music_jax.generation.population import History
from lstm_music_jax.generation.program import Generation
from lstm_music_jax.generation.trace import Trace
from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.note_symbols import NoteSymbols, note_symbols
from lstm_music_jax.music.score import Score
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.notebooks import shown_html
from lstm_music_jax.protocols import Context, Model
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.strategies.chain import Chain
from lstm_music_jax.system.progress import Bar
from lstm_music_jax.types import Array, Float, Int, PRNGKey

# A piece may have this many times the usual number of symbols for its notes.
_PATIENCE = 8
# Pieces that may end are drawn in blocks of at most this many symbols.
_BLOCK = 256
# Other pieces are drawn in blocks of at least this many symbols of all pieces together.
# A block then takes so long that the host does not slow it down.
_LEAST_WORK = 2**16


@runtime_checkable
class Run(Protocol):
    """A trained model with its vocabulary and its encoding; see `load_run`."""

    @property
    def model(self) -> Model:
        """The model."""
        ...

    @property
    def vocabulary(self) -> Vocabulary:
        """The vocabulary: the symbol of each id."""
        ...

    @property
    def encoding(self) -> Encoding:
        """The encoding that turns symbols into notes."""
        ...


class Composition(NamedTuple):
    """A generated piece: its symbols, its music, and how they were drawn.

    Attributes:
        symbols: the drawn symbols, without an end symbol. If the primer was kept, its
            symbols come first.
        score: the music that the symbols stand for, up to the requested number of
            notes.
        skipped: number of drawn symbols that are ill-formed: the encoding does not
            allow them at their position. They make no sound. Symbols after the end of
            `score` do not count.
        ended: True if the model ended the piece by the end symbol, and the piece has no
            more notes than requested.
        fallbacks: number of positions at which a strategy was ignored, because it
            forbade every symbol that was left, or a later promise overruled it.
        trace: numbers about each drawn symbol, such as its surprisal, as NumPy arrays
            `[n]`, or `[n stages]` for the stages of a chain; None unless requested.
        origin: how `compose` drew the piece; None if something else made it.
        note_symbols: for each note of `score`, the positions in `symbols` of the
            symbols that make it; None unless a trace was requested.
        history: what the decoder chose at each symbol; None unless a trace was
            requested of a decoder.
        member: the number of the picked member after the last symbol of `history`; None
            without a `history`.
    """

    symbols: list[str]
    score: Score
    skipped: int
    ended: bool
    fallbacks: int
    trace: Trace | None
    origin: Origin | None = None
    note_symbols: NoteSymbols | None = None
    history: History | None = None
    member: int | None = None

    def _repr_html_(self) -> str | None:
        return shown_html(self)

    # IPython's text; all the arrays would take a hundred lines.
    def _repr_pretty_(self, printer, cycle):
        printer.text(f"<Composition of {len(self.score.notes)} notes>")

    @property
    def primer_notes(self) -> int | None:
        """The number of notes of `score` that belong to the primer.

        None unless a trace was requested.
        """
        if self.trace is None or self.note_symbols is None:
            return None
        begin = len(self.symbols) - len(self.trace.surprisal)
        return sum(strike < begin for strike in self.note_symbols.strikes)

    @property
    def surprisal(self) -> Float[np.ndarray, "n"] | None:
        """The surprisal of each note of `score` under the model, in nats.

        It is the sum of the surprisals of the symbols that make the note; NaN if any of
        them belongs to the primer. None unless a trace was requested.
        """
        if self.trace is None or self.note_symbols is None:
            return None
        drawn = np.asarray(self.trace.surprisal)
        unknown = np.full(len(self.symbols) - len(drawn), np.nan, drawn.dtype)
        of_symbols = np.concatenate([unknown, drawn])
        makers = self.note_symbols.makers
        return np.array([of_symbols[of_note].sum() for of_note in makers], drawn.dtype)


def compose(
    run: Run,
    prompts: Int[Array, "b p"],
    key: PRNGKey,
    *,
    notes: int | None = None,
    length: int | None = None,
    strategy: Strategy = MODEL_ALONE,
    context: Context = CARRIED,
    draw: Draw = GUMBEL,
    decoder: Decoder | None = None,
    trace: bool = False,
    part: BatchPart | None = None,
    parallel_streams: int | None = None,
    devices: Sequence[jax.Device] | None = None,
    keep_primer: bool = False,
    until_end: bool = False,
    ill_formed: bool = False,
    unseen: bool = False,
    progress: bool = False,
) -> list[Composition]:
    """Continue each prompt by `notes` notes or `length` symbols, or to its end.

    Rests do not count as notes. With the encoding `NoteNames`, a chord counts as one
    note. An encoding may use several symbols per note, so all pieces are continued
    until each has enough notes or has ended. Then each score is cut after `notes`
    notes. With `length`, each prompt is continued by that many symbols instead, however
    many notes they make.
    With a decoder, a population is continued until all its members that count have
    enough notes or have ended. Then one member is picked, so that no piece is picked
    for being short. After 8 times the usual number of symbols, it is enough if the
    picked member is complete.

    Some symbols are forbidden before `strategy` shapes the distribution: the
    start-of-piece symbol, the end symbol without `until_end`, those that decoding would
    skip (see `WellFormed`), and those that the model was not trained on. They are never
    drawn, unless no other symbol is left, or the strategy makes forbidden symbols
    possible, as `Force` does.

    Args:
        run: the model, its vocabulary and its encoding.
        prompts: symbol ids, one row per piece.
        key: random key; the same key gives the same music.
        notes: number of notes per piece, 1 or more, without those of the prompt. With
            `until_end`, the most that a piece may have.
        length: number of symbols per piece, 1 or more, in place of `notes`. With
            `until_end`, the most that a piece may have.
        strategy: shapes the distribution of each symbol, as in `generate`.
        context: which of the symbols so far the model remembers, as in `generate`.
        draw: how a symbol is drawn, as in `generate`.
        decoder: continues each prompt by a population of streams that compete, as in
            `generate`. The piece is the picked member.
        trace: whether to return numbers about each drawn symbol, such as its surprisal;
            see `Trace`.
        part: says which pieces of a larger batch the prompts belong to, as in
            `generate`.
        parallel_streams: the largest number of streams that a device draws at once, as
            in `generate`.
        devices: the devices to draw on, as in `generate`.
        keep_primer: put the prompt's music in front of the piece.
        until_end: let each piece end when the model draws the end symbol. The first
            symbol may be that one, so a piece may have no notes.
        ill_formed: let the model draw symbols that decoding will skip.
        unseen: let the model draw symbols that it was not trained on.
        progress: show on stderr how many symbols of each piece are drawn.

    Raises:
        ValueError: `notes` or `length` is no whole number of 1 or more, or both or none
            of them are given, or `until_end` is given and the run has no end symbol, or
            the model writes too few notes: fewer than `notes` in 8 times the number of
            symbols that the encoding typically uses for them. And wherever `generate`
            raises it.
        RuntimeError: the logits became NaN.
    """
    if (notes is None) == (length is None):
        raise ValueError(f"notes is {notes} and length is {length}; give one of them")
    if notes is not None:
        notes = whole_number("notes", notes)
        usual = notes * run.encoding.symbols_per_note
    else:
        length = whole_number("length", length)
        usual = length
    stop = run.vocabulary.end_id if until_end else None
    if until_end and stop is None:
        raise ValueError(
            "until_end is True; this run was trained without an end symbol, so train a "
            "new one with train.py and without --no-end-symbol"
        )
    forbidding = masks(
        run.vocabulary, run.encoding, stop=stop, ill_formed=ill_formed, unseen=unseen
    )
    # When all pieces have ended, no further block is drawn.
    may_end = until_end and notes is not None
    block = min(usual, _BLOCK) if may_end else _block(usual, len(prompts))
    generate_block = partial(
        generate,
        run.model,
        length=block,
        stop=stop,
        strategy=Chain(*forbidding, strategy),
        context=context,
        draw=draw,
        decoder=decoder,
        trace=trace,
        parallel_streams=parallel_streams,
        devices=devices,
    )
    decode = partial(_decode, run, np.asarray(prompts), notes, keep_primer)
    most = usual if notes is None else _PATIENCE * usual
    with Bar("symbol", usual, show=progress) as bar:
        first = generate_block(prompts, key, part=part)
        step = block if may_end else usual
        pieces = [
            piece
            for piece in completed(generate_block, decode, first, step, most, bar)
            if piece
        ]
    if len(pieces) < len(prompts):
        raise ValueError(
            f"notes is {notes}, and the model gave fewer within {most} symbols; train "
            "it longer, or sample with a higher temperature"
        )
    numbers, streams = part or (range(len(pieces)), len(pieces))
    origin = Origin(
        prompt=np.zeros(0, np.int32),
        key=key,
        stream=0,
        streams=int(streams),
        strategy=strategy,
        context=context,
        draw=draw,
        decoder=decoder,
        notes=notes,
        length=length,
        keep_primer=keep_primer,
        until_end=until_end,
        ill_formed=ill_formed,
        unseen=unseen,
    )
    return [
        piece._replace(origin=origin._replace(prompt=prompt, stream=int(number)))
        for piece, prompt, number in zip(
            pieces, np.asarray(prompts), numbers, strict=True
        )
    ]


def start_prompts(run: Run, pieces: int) -> Int[Array, "b p"]:
    """Return prompts of the start-of-piece symbol alone, for music without a primer.

    There is one row for each of `pieces` pieces.

    Raises:
        ValueError: the run has no such symbol, or `pieces` is no whole number of 1 or
            more.
    """
    pieces = whole_number("pieces", pieces)
    start = run.vocabulary.start_id
    if start is None:
        raise ValueError(
            "primer is none; this run needs a primer, because it was trained without a "
            "start symbol"
        )
    return jnp.full((pieces, 1), start, jnp.int32)


def _block(usual: int, pieces: int) -> int:
    """Return how many symbols of each piece to draw at once; a divisor of `usual`.

    The progress of small blocks can be shown. But each takes some time of the host.
    """
    most = max(1, usual * pieces // _LEAST_WORK)
    return usual // next(blocks for blocks in range(most, 0, -1) if not usual % blocks)


def _decode(
    run: Run,
    prompts: np.ndarray,
    notes: int | None,
    keep_primer: bool,
    drawn: Sequence[Generation],
    wanted: Sequence[int],
    last: bool,
) -> list[Composition | None]:
    """Return the piece of each population that is wanted; None if it is not complete.

    A single stream is a population of one. A population is complete if all its members
    that count are, so that its piece is not chosen for being short. After the last
    block it is enough that the picked member is complete.
    """
    lines, all_history = picked(drawn), history_of(drawn)
    compete = drawn[-1].members is not None and notes is not None and not last
    members = all_members(drawn) if compete else None

    def decode_wanted(number):
        primer = primer_symbols(run.vocabulary, prompts[number])
        decode_line = partial(_decode_line, run, primer, notes, keep_primer)
        piece = decode_line(lines, number, 0)
        if piece is None or members is None:
            return piece
        counted = np.flatnonzero(members.counts[number]).tolist()
        rest = counted if len(counted) > 1 else ()
        complete = all(decode_line(members, number, member) for member in rest)
        return piece if complete else None

    def with_history(number, piece):
        if piece is None or all_history is None:
            return piece
        member = int(np.asarray(drawn[-1].members.picked)[number])
        history = jax.tree.map(lambda leaf: leaf[number], all_history)
        return piece._replace(history=history, member=member)

    return [with_history(number, decode_wanted(number)) for number in wanted]


def _decode_line(
    run: Run,
    primer: list[str],
    notes: int | None,
    keep_primer: bool,
    lines: Lines,
    number: int,
    member: int,
) -> Composition | None:
    """Return the piece of a member of a population; None if it has too few notes."""
    total, length = lines.tokens.shape[2], int(lines.lengths[number, member])
    # No piece has more notes than symbols, so decoding is not tried earlier.
    if notes is not None and length == total < notes:
        return None
    decoded, symbols, ended = decode_piece(
        run.vocabulary,
        run.encoding,
        primer,
        lines.tokens[number, member, :length],
        length < total,
        notes,
        keep_primer,
    )
    if decoded is None:
        return None
    trace, made = lines.trace, None
    if trace is not None:
        after = [] if keep_primer else primer
        made = note_symbols(run.encoding, symbols, decoded.score, after)
        trace = jax.tree.map(lambda leaf: leaf[number, member, :length], trace)
    return Composition(
        symbols,
        decoded.score,
        decoded.skipped,
        ended,
        int(lines.fallbacks[number, member]),
        trace,
        note_symbols=made,
    )
