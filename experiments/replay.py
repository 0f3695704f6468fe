"""Draw a piece again from its MIDI file, and say whether every note is the same.

    python experiments/replay.py runs/quickstart/music/piece-057.mid
    python experiments/replay.py piece.mid --run runs/quickstart
    python experiments/replay.py piece.mid --instead "Chain(TopK(9), Temperature(0.9))"

The MIDI files of generate.py, quickstart.py, compare.py and reproduce_lstm_music.py
carry a record: the run and a fingerprint of its model, the strategy, the random key,
and all symbols. The run is looked for in the folders above the file, and then where the
record says. A piece of a large batch is drawn alone.

A piece that is drawn alone, by another version of JAX, or on other hardware, is rounded
differently. So in rare cases a symbol differs, and then all later ones may. The script
names the first note that differs, and the margin: by how much the symbol that is drawn
now leads over the symbol of the record. With the usual draw, the symbol is drawn whose
log-probability plus noise is largest, and the margin is the difference of these sums. A
margin of up to 1e-4 nats, or 1e-2 with bfloat16, may be rounding. A larger one means
that something else has changed.

With --instead, the piece is also drawn by another strategy, with the same noise. Two
MIDI files are written: PIECE-as-made.mid and PIECE-instead.mid.

Cost: seconds, mostly for start-up and compilation.
Expect: "every note is the same". The exit status is 1 if a note differs.
"""

from command_line import require_folder, run

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import tyro
from generate import computed_with
from piece_records import (
    Maker,
    Record,
    fingerprints_within,
    kept_symbols,
    model_fingerprint,
    record_of_file,
    versions,
)
from strategy_expressions import known_names, strategy_of

from lstm_music_jax import (
    Arithmetic,
    Carried,
    Composition,
    Divergence,
    Gumbel,
    Origin,
    Run,
    Score,
    SlidingWindow,
    divergence,
    load_run,
    read_midi,
    redraw,
    scores_after,
    write_midi,
)
from lstm_music_jax.music.encodings.from_config import encoding_from_config
from lstm_music_jax.music.midi.writing import require_tempo_and_program
from lstm_music_jax.strategies.expressions import read_object
from lstm_music_jax.system.printable import printable

# Records may come from anywhere, and a huge window would take all memory.
_LONGEST_WINDOW = 100_000
_LONGEST_SHOWN = 300
_END = "the end of the piece"


@dataclass(frozen=True)
class Arguments:
    """Command line of the script."""

    piece: tyro.conf.Positional[Path]
    """MIDI file that one of the scripts wrote."""
    run: Path | None = None
    """Run folder that made the piece; by default it is looked for."""
    instead: str | None = None
    """Expression of another strategy, which draws the piece with the same noise."""
    plugin: tuple[Path, ...] = ()
    """Python files with the strategies of your own that made the piece, or that
    --instead names."""
    out: Path | None = None
    """Where --instead writes; by default the folder of the piece."""


class Found(NamedTuple):
    """The run that made a piece, and how the piece was drawn.

    Attributes:
        folder: the run folder.
        loaded: the run as `load_run` returns it, with the encoding of the record.
        computing: the run with the precision and the cores of the record.
        origin: how the piece was drawn.
    """

    folder: Path
    loaded: Run
    computing: Run
    origin: Origin


def main(arguments: Arguments) -> None:
    """Find the run, draw again, compare, and draw with the other strategy."""
    record = record_of_file(arguments.piece)
    with _about(arguments.piece):
        written = read_midi(arguments.piece)
    outputs = outputs_of(arguments)
    names = known_names(arguments.plugin)
    folder, loaded = run_of(arguments, record)
    with _about(arguments.piece):
        found = origin_of(folder, loaded, record, names)
    instead = arguments.instead and strategy_of(
        arguments.instead, found.computing, names, found.origin.context
    )
    print(described(arguments.piece, record, folder))
    with jax.default_matmul_precision(record.matmul_precision):
        again = redraw(found.computing, found.origin)
        parted = first_difference(written, record, found, again)
        print(verdict(record, found, again, parted))
        if instead:
            other = redraw(found.computing, found.origin, instead)
            write_both(arguments, record, found, (again, other), outputs)
    if parted is not None and parted.note is not None:
        raise SystemExit(1)


def outputs_of(arguments: Arguments) -> list[Path]:
    """Return the paths of the two files of --instead, which must be new.

    Raises:
        ValueError: one of them exists, or the folder cannot be written.
    """
    if arguments.instead is None:
        if arguments.out is not None:
            raise ValueError(f"out is {arguments.out}; it needs --instead")
        return []
    folder = arguments.out or arguments.piece.parent
    require_folder("out", folder)
    stem = arguments.piece.stem
    paths = [folder / f"{stem}-{word}.mid" for word in ("as-made", "instead")]
    for path in paths:
        if path.exists():
            raise ValueError(
                f"out is {printable(folder)}, where {printable(path.name)} exists; "
                "name another folder"
            )
    return paths


def run_of(arguments: Arguments, record: Record) -> tuple[Path, Run]:
    """Return the run folder whose model made a piece, and the run.

    Raises:
        ValueError: there is no run folder, or it cannot be read, or its model is
            another one.
        OSError: a file of the run folder cannot be read.
    """
    piece = printable(arguments.piece)
    if arguments.run is not None:
        places = [arguments.run]
    else:
        places = [*arguments.piece.absolute().parents, Path(record.run)]
        places = [place for place in places if (place / "config.json").is_file()]
    problem: Exception = ValueError(
        f"run is not found; {piece} was made by {printable(record.run)}, which is not "
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
            f"one that made {piece}, so give the run that made it by --run"
        )
    raise problem


def origin_of(
    folder: Path, loaded: Run, record: Record, names: dict[str, Any]
) -> Found:
    """Return how a piece was drawn, from its record.

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
    context = read_object(record.context, _named(Carried, SlidingWindow), "context")
    draw = read_object(record.draw, _named(Gumbel, Arithmetic), "draw")
    for name, value, kinds in (
        ("context", context, Carried | SlidingWindow),
        ("draw", draw, Gumbel | Arithmetic),
    ):
        if not isinstance(value, kinds):
            raise ValueError(f"{name} is {value!r}; it must be a {name}")
    if isinstance(context, SlidingWindow) and context.window > _LONGEST_WINDOW:
        raise ValueError(f"window is {context.window}; it may be {_LONGEST_WINDOW}")
    try:
        strategy = strategy_of(record.strategy, computing, names, context)
    except ValueError as error:
        raise ValueError(f"{error}; --plugin names files of strategies") from error
    if fingerprints_within(strategy) != record.models:
        raise ValueError(
            f"strategy is {record.strategy}; a model that it names is not the one of "
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
        **{
            name: getattr(record, name)
            for name in Origin._fields
            if name not in ("prompt", "key", "strategy", "context", "draw")
        },
    )
    return Found(folder, loaded, computing, origin)


def _named(*classes: type) -> dict[str, type]:
    return {each.__name__: each for each in classes}


@contextlib.contextmanager
def _about(piece: Path) -> Iterator[None]:
    """Let errors in a `with` block name the file of a piece."""
    try:
        yield
    except ValueError as error:
        raise ValueError(
            f"piece is {printable(piece)}, which cannot be drawn again: "
            f"{printable(error)}"
        ) from error


def described(piece: Path, record: Record, folder: Path) -> str:
    """Return a sentence about a piece, and the versions that have changed since."""
    lines = [
        f"{printable(piece)}: stream {record.stream} of {record.streams}, drawn by "
        f"{printable(record.strategy)[:_LONGEST_SHOWN]} from {printable(folder)}"
    ]
    now = {**versions(), "device": jax.default_backend()}
    then = {**record.versions, "device": record.device}
    lines += [
        f"{printable(name)} was {printable(then[name])} then, and is {now[name]} now"
        for name in then
        if name in now and then[name] != now[name]
    ]
    return "\n".join(lines)


def symbols_of(record: Record, loaded: Run) -> list[str]:
    """Return the symbols of a piece according to its record, as `compose` does."""
    if not record.keep_primer:
        return record.drawn
    return kept_symbols(loaded.vocabulary, record.prompt) + record.drawn


def first_difference(
    written: Score, record: Record, found: Found, again: Composition
) -> Divergence | None:
    """Return where the notes of a file and the piece that was drawn again part."""
    return divergence(
        with_end(symbols_of(record, found.loaded), record.ended),
        written,
        with_end(again.symbols, again.ended),
        again.score.on_grid(written.ticks_per_quarter),
    )


def with_end(symbols: Sequence[str], ended: bool) -> list[str]:
    """Return symbols, and a mark after them if the piece has ended."""
    return [*symbols, _END] if ended else [*symbols]


def verdict(
    record: Record, found: Found, again: Composition, parted: Divergence | None
) -> str:
    """Return a sentence that says what differs, and by what margin."""
    notes = len(again.score.notes)
    if parted is None:
        return f"every note is the same ({notes} notes)"
    if parted.symbol is None:
        return (
            f"{place_of(parted)} differs, but no symbol; so the notes of the file were "
            "changed after it was written"
        )
    before = with_end(symbols_of(record, found.loaded), record.ended)
    now = with_end(again.symbols, again.ended)
    symbols = before[parted.symbol], now[parted.symbol]
    what = f"symbol {parted.symbol + 1} was {symbols[0]}, and is {symbols[1]} now"
    what += f"; {margin(record, found, parted.symbol, symbols)}"
    if parted.note is None:
        return f"every note is the same ({notes} notes), but {what}"
    return f"{place_of(parted)} differs first: {what}"


def place_of(parted: Divergence) -> str:
    """Return the first note that differs, in words."""
    assert parted.note is not None
    return f"note {parted.note + 1} (at quarter {parted.quarter:g})"


def margin(record: Record, found: Found, symbol: int, symbols: tuple[str, str]) -> str:
    """Return in words by how much the symbol of today leads over that of the record."""
    vocabulary = found.loaded.vocabulary
    kept = len(symbols_of(record, found.loaded)) - len(record.drawn)
    drawn = vocabulary.ids_of(record.drawn[: symbol - kept])
    scores = scores_after(found.computing, found.origin, drawn)
    names = [vocabulary.end if name == _END else name for name in symbols]
    before, now = vocabulary.ids_of(names)
    if scores.perturbed is None:
        lead = scores.log_probs[now] - scores.log_probs[before]
        return f"its log-probability is larger by {lead:.2g} nats"
    lead = scores.perturbed[now] - scores.perturbed[before]
    return f"it leads by {lead:.2g} nats"


def write_both(
    arguments: Arguments,
    record: Record,
    found: Found,
    pieces: tuple[Composition, Composition],
    paths: Sequence[Path],
) -> None:
    """Write the piece as it was made and as another strategy draws it; say where."""
    for piece, path, strategy in zip(
        pieces, paths, (record.strategy, arguments.instead), strict=True
    ):
        maker = Maker(
            found.folder,
            found.loaded,
            strategy=strategy,
            checkpoint=record.checkpoint,
            precision=record.precision,
            matmul_precision=record.matmul_precision,
            cores=record.cores,
        )
        sound = {"tempo": record.tempo, "program": record.program}
        text = maker.record(piece, **sound)
        write_midi(piece.score, path, record=text, overwrite=False, **sound)
    print(f"as made: {printable(paths[0])}\ninstead: {printable(paths[1])}")
    print(parting(*pieces))


def parting(made: Composition, other: Composition) -> str:
    """Return a sentence that says where the two pieces part."""
    symbols = [with_end(each.symbols, each.ended) for each in (made, other)]
    parted = divergence(symbols[0], made.score, symbols[1], other.score)
    if parted is None:
        return "both pieces are the same"
    if parted.symbol is None:
        where = "after the last symbol of one of them"
    else:
        first, second = (each[parted.symbol] for each in symbols)
        where = f"at symbol {parted.symbol + 1}: {first} as made, {second} instead"
    if parted.note is None:
        return f"every note is the same; they part {where}"
    return f"{place_of(parted)} is the first that differs; they part {where}"


if __name__ == "__main__":
    run(main, Arguments)
