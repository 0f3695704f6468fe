"""Draw a piece again from its MIDI file, and say whether every note is the same.

    python experiments/replay.py runs/quickstart/music/piece-057.mid
    python experiments/replay.py piece.mid --run runs/quickstart
    python experiments/replay.py piece.mid --instead "Chain(TopK(9), Temperature(0.9))"

The MIDI files of generate.py, quickstart.py, compare.py and reproduce_lstm_music.py
carry a record: the run and a fingerprint of its model, the strategy, the random key,
and all symbols. The run is looked for in the folders above the file, and then where the
record says. A piece of a large batch is drawn without the other pieces.

On the same machine, every note is usually the same: it was for 128 pieces of 600
symbols, of batches of 16 to 200. Another version of JAX or other hardware rounds
differently. So a symbol may differ, and then all later ones may. The script names the
first note that differs, and the margin: by how much the symbol that is drawn now leads
over the symbol of the record. With the usual draw, the symbol is drawn whose
log-probability plus noise is largest, and the margin is the difference of these sums. A
margin of up to 1e-4 nats, or 1e-2 with bfloat16, may be rounding. A larger one means
that something else has changed. A piece of a decoder has no margin, because all members
of its population took part in the choice.

With --instead, the piece is also drawn by another strategy, with the same noise. Two
MIDI files are written, PIECE-as-made.mid and PIECE-instead.mid. PIECE-instead.html
plays both and marks where they part.

Cost: seconds, mostly for start-up and compilation.
Expect: "every note is the same". The exit status is 1 if a note differs.
"""

from command_line import require_folder, run

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import tyro
from piece_records import (
    Maker,
    Record,
    has_watermark,
    kept_symbols,
    record_of_file,
    versions,
)
from piece_report import SECRET, Shown, write_parting_report
from recorded_run import Found, about, origin_of, run_of
from strategy_expressions import known_names, strategy_of

from lstm_music_jax import (
    Composition,
    Divergence,
    Run,
    Score,
    divergence,
    read_midi,
    redraw,
    scores_after,
    strategies,
    write_midi,
)
from lstm_music_jax.evaluation.note_figures import ReadPiece
from lstm_music_jax.system.printable import printable

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


def main(arguments: Arguments) -> None:
    """Find the run, draw again, compare, and draw with the other strategy."""
    record = record_of_file(arguments.piece)
    with about(arguments.piece):
        written = read_midi(arguments.piece)
    outputs = outputs_of(arguments)
    names = known_names(arguments.plugin)
    folder, loaded = run_of(arguments.piece, arguments.run, record)
    with about(arguments.piece):
        found = origin_of(folder, loaded, record, names)
    instead = strategy_instead(arguments.instead, found, names)
    print(described(arguments.piece, record, folder))
    with jax.default_matmul_precision(record.matmul_precision):
        again = redraw(found.computing, found.origin)
        parted = first_difference(written, record, found, again)
        print(verdict(record, found, again, parted))
        if instead is not None:
            other = redraw(found.computing, found.origin, instead)
            write_both(arguments, record, found, (again, other), outputs)
    if parted is not None and parted.note is not None:
        raise SystemExit(1)


def outputs_of(arguments: Arguments) -> list[Path]:
    """Return the paths of the two MIDI files and the page of --instead.

    Raises:
        ValueError: a file exists at one of them, or the folder cannot be written.
    """
    if arguments.instead is None:
        if arguments.out is not None:
            raise ValueError(f"out is {arguments.out}; it needs --instead")
        return []
    folder = arguments.out or arguments.piece.parent
    require_folder("out", folder)
    stem = arguments.piece.stem
    names = ("as-made.mid", "instead.mid", "instead.html")
    paths = [folder / f"{stem}-{name}" for name in names]
    for path in paths:
        if path.exists():
            raise ValueError(
                f"out is {printable(folder)}, where {printable(path.name)} exists; "
                "name another folder"
            )
    return paths


def strategy_instead(
    text: str | None, found: Found, names: dict[str, Any]
) -> strategies.Strategy | None:
    """Return the strategy of --instead; None if it is not given.

    Raises:
        ValueError: the expression is wrong; the message names the argument.
    """
    if text is None:
        return None
    try:
        return strategy_of(text, found.computing, names, found.origin.context)
    except ValueError as error:
        raise ValueError(f"--instead: {error}") from None


def described(piece: Path, record: Record, folder: Path) -> str:
    """Return a text on how a piece was made, and on versions that have changed since.

    `folder` is the run folder whose model has made it.
    """
    lines = [
        f"{printable(piece)}: stream {record.stream} of {record.streams}, drawn by "
        f"{printable(record.drawn_by)[:_LONGEST_SHOWN]} from {printable(folder)}"
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
    """Return the symbols of a piece according to its record.

    As in a `Composition`, a kept primer comes first, and there is no end symbol.
    """
    if not record.keep_primer:
        return record.drawn
    return kept_symbols(loaded.vocabulary, record.prompt) + record.drawn


def first_difference(
    written: Score, record: Record, found: Found, again: Composition
) -> Divergence | None:
    """Return the first difference between a file's piece and the one drawn again.

    `written` is the music in the file. None if symbols and notes are all the same.
    """
    return divergence(
        with_end(symbols_of(record, found.loaded), record.ended),
        written,
        with_end(again.symbols, again.ended),
        again.score.on_grid(written.ticks_per_quarter),
    )


def with_end(symbols: Sequence[str], ended: bool) -> list[str]:
    """Return symbols, with one more after them if the model has ended the piece."""
    return [*symbols, _END] if ended else [*symbols]


def verdict(
    record: Record, found: Found, again: Composition, parted: Divergence | None
) -> str:
    """Return a sentence that says what differs, and by what margin.

    `parted` is what `first_difference` returned.
    """
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
    if record.decoder is None:
        what += f"; {margin(record, found, parted.symbol, symbols)}"
    if parted.note is None:
        return f"every note is the same ({notes} notes), but {what}"
    return f"{place_of(parted)} differs first: {what}"


def place_of(parted: Divergence) -> str:
    """Return a text that names the first note that differs."""
    assert parted.note is not None
    return f"note {parted.note + 1} (at quarter {parted.quarter:g})"


def margin(record: Record, found: Found, symbol: int, symbols: tuple[str, str]) -> str:
    """Return a text on the lead of the symbol drawn now over that of the record.

    Args:
        record: the record of the piece.
        found: the run that made it.
        symbol: position in the piece of the first symbol that differs.
        symbols: the symbol of the record at this position, and the one drawn now.
    """
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
    """Write the piece as it was made and as another strategy draws it; print the paths.

    `paths` are those of the two MIDI files and of the page.
    """
    *files, page = paths
    expressions = record.strategy, arguments.instead
    for piece, path, strategy in zip(pieces, files, expressions, strict=True):
        maker = Maker(
            found.folder,
            found.loaded,
            strategy=strategy,
            decoder=record.decoder,
            checkpoint=record.checkpoint,
            precision=record.precision,
            matmul_precision=record.matmul_precision,
            cores=record.cores,
        )
        sound = {"tempo": record.tempo, "program": record.program}
        text = maker.record(piece, **sound)
        write_midi(piece.score, path, record=text, overwrite=False, **sound)
    print(f"as made: {printable(files[0])}\ninstead: {printable(files[1])}")
    parted = parting(*pieces)
    sentence = parting_in_words(*pieces, parted)
    print(sentence)
    prompt, context = found.origin.prompt, found.origin.context
    secrets = [
        has_watermark(piece.origin.strategy, piece.origin.decoder) for piece in pieces
    ]
    decoder = {} if record.decoder is None else {"decoder": record.decoder}
    shown = [
        Shown(
            printable(path.name),
            ReadPiece(prompt, piece.symbols, piece.score, record.keep_primer),
            {
                name: SECRET if secret else printable(text)
                for name, text in ({"strategy": strategy} | decoder).items()
            },
            record.tempo,
        )
        for path, piece, strategy, secret in zip(
            files, pieces, expressions, secrets, strict=True
        )
    ]
    write_parting_report(
        page, found.computing, shown, parted, sentence, context, secret=any(secrets)
    )
    print(f"to hear both: {printable(page)}")


def parting(made: Composition, other: Composition) -> Divergence | None:
    """Return the first difference of two pieces; None if they are the same."""
    symbols = [with_end(each.symbols, each.ended) for each in (made, other)]
    return divergence(symbols[0], made.score, symbols[1], other.score)


def parting_in_words(
    made: Composition, other: Composition, parted: Divergence | None
) -> str:
    """Return a sentence that says where the two pieces part."""
    symbols = [with_end(each.symbols, each.ended) for each in (made, other)]
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
