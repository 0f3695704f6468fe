"""Finds the run that made a piece, from the record in its MIDI file."""

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from generate import computed_with
from piece_records import Record, fingerprints_within, model_fingerprint
from strategy_expressions import decoder_of, strategy_of

from lstm_music_jax import (
    Arithmetic,
    Carried,
    Gumbel,
    Origin,
    Run,
    SlidingWindow,
    load_run,
    read_expression,
)
from lstm_music_jax.generation.draws import Draw
from lstm_music_jax.music.encodings.from_config import encoding_from_config
from lstm_music_jax.music.midi.writing import require_tempo_and_program
from lstm_music_jax.protocols import Context
from lstm_music_jax.system.printable import printable

# Records may come from anywhere, and huge numbers would take all memory.
_LONGEST_WINDOW = _MOST_MEMBERS = 100_000
# The fields of an origin that a record holds as they are.
_READ = {"prompt", "key", "strategy", "context", "draw", "decoder"}
_AS_RECORDED = [name for name in Origin._fields if name not in _READ]


class Found(NamedTuple):
    """The run that made a piece, and how the piece was drawn.

    Attributes:
        folder: the run folder.
        loaded: the run as `load_run` returns it, with the encoding of the record.
        computing: the run with the precision and the CPU cores of the record.
        origin: how the piece was drawn: its prompt, key, strategy and so on.
    """

    folder: Path
    loaded: Run
    computing: Run
    origin: Origin


def run_of(piece: Path, given: Path | None, record: Record) -> tuple[Path, Run]:
    """Return the run folder whose model made a piece, and the run.

    Args:
        piece: the MIDI file of the piece.
        given: the run folder; None to look for it.
        record: what made the piece.

    Raises:
        ValueError: there is no run folder, or it cannot be read, or its model is
            another one.
        OSError: a file of the run folder cannot be read.
    """
    name = printable(piece)
    if given is not None:
        places = [given]
    else:
        places = [*piece.absolute().parents, Path(record.run)]
        places = [place for place in places if (place / "config.json").is_file()]
    problem: Exception = ValueError(
        f"run is not found; {name} was made by {printable(record.run)}, which is not "
        "there now, so give the folder by --run"
    )
    for place in places:
        try:
            loaded = load_run(place, record.checkpoint)
        except (ValueError, OSError) as error:
            # Another program may have a config.json in a folder above the piece.
            problem = error
            continue
        if model_fingerprint(loaded.model) == record.fingerprint:
            return place, loaded
        problem = ValueError(
            f"run is {printable(place)}; its {record.checkpoint} checkpoint is not the "
            f"one that made {name}, so give the run that made it by --run"
        )
    raise problem


def origin_of(
    folder: Path, loaded: Run, record: Record, names: dict[str, Any]
) -> Found:
    """Return how a piece was drawn, from its record.

    `names` says what the names in the expression of the strategy stand for.

    Raises:
        ValueError: the record does not fit the run.
    """
    encoding = encoding_from_config(record.encoding)
    if type(encoding) is not type(loaded.encoding):
        raise ValueError(
            f"encoding is {encoding}; it must be that of the run, {loaded.encoding}"
        )
    require_tempo_and_program(record.tempo, record.program)
    loaded = dataclasses.replace(loaded, encoding=encoding)
    computing = computed_with(loaded, record.precision, record.cores)
    contexts, draws = (Carried, SlidingWindow), (Gumbel, Arithmetic)
    context = _read(record, "context", Context, contexts, "SlidingWindow(100)")
    draw = _read(record, "draw", Draw, draws, "Gumbel()")
    if isinstance(context, SlidingWindow) and context.window > _LONGEST_WINDOW:
        raise ValueError(
            f"window is {context.window}; it may be at most {_LONGEST_WINDOW}"
        )
    try:
        strategy = strategy_of(record.strategy, computing, names, context)
        decoder = None
        if record.decoder is not None:
            decoder = decoder_of(record.decoder, computing, names, context)
    except ValueError as error:
        raise ValueError(f"{error}; --plugin names files of strategies") from error
    if decoder is not None and decoder.members > _MOST_MEMBERS:
        raise ValueError(
            f"members is {decoder.members}; it may be at most {_MOST_MEMBERS}"
        )
    if fingerprints_within(strategy, decoder) != record.models:
        raise ValueError(
            f"strategy is {record.drawn_by}; a model that it names is not the one of "
            "the time"
        )
    loaded.vocabulary.ids_of(record.drawn)
    origin = Origin(
        prompt=loaded.vocabulary.ids_of(record.prompt),
        key=jax.random.wrap_key_data(
            jnp.asarray(record.key, jnp.uint32), impl=record.key_kind
        ),
        strategy=strategy,
        context=context,
        draw=draw,
        decoder=decoder,
        **{name: getattr(record, name) for name in _AS_RECORDED},
    )
    return Found(folder, loaded, computing, origin)


def _read(
    record: Record, argument: str, kind: type, classes: Sequence[type], example: str
) -> Any:
    """Return the object of an expression in a record, which names only `classes`."""
    names = {each.__name__: each for each in classes}
    text = getattr(record, argument)
    return read_expression(text, names, kind=kind, argument=argument, example=example)


@contextlib.contextmanager
def about(piece: Path) -> Iterator[None]:
    """In a `with` block, let the message of a ValueError begin with a piece's file."""
    try:
        yield
    except ValueError as error:
        raise ValueError(
            f"piece is {printable(piece)}, which cannot be drawn again: "
            f"{printable(error)}"
        ) from error
