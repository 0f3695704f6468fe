"""Generate music from a run folder: MIDI files, piano rolls, and a page to hear them.

    python experiments/generate.py --run runs/quickstart --pieces 4 --top-p 0.95
    python experiments/generate.py --run runs/quickstart --primer corpus --keep-primer
    python experiments/generate.py --run runs/quickstart --pieces 4 --until-end
    python experiments/generate.py --run runs/quickstart \
        --strategy "Chain(RepetitionPenalty(1.2), Temperature(0.9), TopP(0.95))"
    python experiments/generate.py --run runs/quickstart --top-p 0.9 --decoder "SMC(64)"
    python experiments/generate.py --run runs/quickstart --until-end \
        --strategy "Chain(Obey(ended(bars(16, grid=3)), 400), TopP(0.95))"
    srun python experiments/generate.py --run runs/quickstart --pieces 1024 --cluster

Every device of every process draws a part of the pieces. For several processes, give
--cluster, or --coordinator, --process-id and --num-processes. The music does not depend
on the number of devices.

File numbers continue after the highest one in the folder, and no file is overwritten.
The first pieces also get a picture (--pictures). A page, report-000.html and so on,
plays these pieces in a browser. It shows how surprising each note is to the model, and
which passages are copied from training pieces. With a decoder, it also shows which
members of each population survived. It has the number of its first piece, so
each call of the script makes a page of its own.
--musicxml and --wav write scores and audio files of all pieces as well.

Each file carries a record of what made it, so that replay.py can draw it again. Only a
piece with a watermark has no record, because the record would hold the secret key.

Cost: seconds, mostly for start-up and compilation; 1000 notes take well under a second.
1000 pieces of 1000 notes take a minute or two on two CPU cores (--precision bfloat16).
Writing their files takes five seconds of this time.
Expect: each piece has as many sounding notes or chords as asked for. With --until-end
it has fewer where the model ends it earlier. No symbol is ill-formed where it stands.
"""

from command_line import Processes, require_folder, require_seed, run

import dataclasses
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

import jax
import numpy as np
from other_formats import OtherFormats
from piece_files import write_pieces
from piece_records import Maker
from piece_report import write_generation_report
from primers import length_of_primer, prompts_of, require_primer
from strategy_expressions import decoder_of, known_names, strategy_of

from lstm_music_jax import (
    TICKS_PER_QUARTER,
    BatchPart,
    Carried,
    Composition,
    Decoder,
    NoteNames,
    Run,
    SlidingWindow,
    compose,
    load_run,
    processes,
    strategies,
)
from lstm_music_jax.music.midi.writing import MAX_QUARTERS, require_tempo_and_program
from lstm_music_jax.system.printable import printable
from lstm_music_jax.system.progress import tracked


@dataclass(frozen=True)
class Arguments:
    """Command line of the script; a strategy is applied only if its flag is given."""

    run: Path
    """Run folder, of quickstart.py, train.py or reproduce_lstm_music.py."""
    out: Path | None = None
    """Where to write; by default the folder `music` in the run folder."""
    notes: int = 1000
    """Notes (or chords, with note names) per piece; with --until-end the most."""
    until_end: bool = False
    """Let each piece end where the model ends it."""
    pieces: int = 1
    """How many pieces."""
    seed: int = 0
    """The same seed gives the same music."""
    checkpoint: Literal["best", "last"] = "best"
    """The checkpoint to use: the model with the lowest loss, or the last one."""
    context: Literal["carried", "window"] = "carried"
    """Carry the state on for ever, or predict from the last --window symbols."""
    window: int | None = None
    """Symbols of the sliding window; by default that of the training."""
    primer: str = "none"
    """Music to continue: `none`, `corpus` (held-out pieces, or training pieces if there
    are none), or a MIDI file."""
    primer_length: int | None = None
    """Symbols of the primer that are read; by default 100."""
    unknown: Literal["error", "drop"] | None = None
    """Symbols of a primer's file that the run does not know: stop, which is the
    default, or leave them out and say which."""
    keep_primer: bool = False
    """Write the primer in front of the music."""
    drop_primer: bool = False
    """Write the music without the primer; this is the default."""
    strategy: str | None = None
    """Expression that makes a strategy in Python, such as "Chain(Temperature(0.9),
    TopP(0.95))". It takes the place of the next seven arguments."""
    decoder: str | None = None
    """Expression that makes a decoder in Python, such as "SMC(64)". Each piece is then
    the picked member of a population of streams that compete."""
    plugin: tuple[Path, ...] = ()
    """Python files with strategies and decoders of your own, which --strategy and
    --decoder may then hold."""
    greedy: bool = False
    """Always draw the most probable symbol."""
    repetition_penalty: float | None = None
    """Above 1, symbols that have occurred become less likely."""
    temperature: float | None = None
    """Below 1 sharpens, above 1 flattens."""
    top_k: int | None = None
    """Keep the k most probable symbols."""
    top_p: float | None = None
    """Keep the most probable symbols that hold probability p."""
    ill_formed: bool = False
    """Let the model draw symbols that are ill-formed where they stand; they make no
    sound."""
    unseen: bool = False
    """Let the model draw symbols that it was not trained on."""
    min_p: float | None = None
    """Keep symbols at least p times as probable as the most probable one."""
    watermark: int | None = None
    """Secret key of a watermark, which detect_watermark.py finds."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Precision of the matrix products. bfloat16 rounds their operands and sums in
    float32. It is faster where the hardware multiplies bfloat16: a recent CPU draws 64
    pieces in half the time."""
    matmul_precision: Literal["default", "tensorfloat32", "highest"] = "default"
    """Precision of float32 products, on hardware that has several. The default of
    recent NVIDIA GPUs is tensorfloat32; highest is full float32."""
    cores: int | None = None
    """CPU cores that share the products of a single piece; by default those of the run.
    They change the rounding, and so in rare cases the music."""
    parallel_streams: int | None = None
    """The most pieces that a device draws at the same time. Smaller numbers take less
    memory and give the same music."""
    note_length: float | None = None
    """Length of every note, in quarters (note names only)."""
    tempo: float | None = None
    """Quarters per minute; by default that of the score, usually 120."""
    program: int = 0
    """General MIDI program; 0 is a piano."""
    pictures: int = 4
    """How many of the first pieces also get a piano roll, which takes a fifth of a
    second, and are on the page. With 0 there is no page."""
    formats: OtherFormats = field(default_factory=OtherFormats)
    processes: Processes = field(default_factory=Processes)


def main(arguments: Arguments) -> None:
    """Check, load, generate, write."""
    arguments.processes.join()
    require_seed(arguments.seed)
    out = arguments.out or arguments.run / "music"
    require_folder("out", out)
    require_tempo_and_program(arguments.tempo, arguments.program)
    if arguments.pictures < 0:
        raise ValueError(f"pictures is {arguments.pictures}; it must be 0 or more")
    arguments.formats.check()
    strategy = strategy_of_flags(arguments)
    names = known_names(arguments.plugin)
    require_primer(arguments)
    loaded = load_run(arguments.run, arguments.checkpoint)
    if arguments.note_length is not None:
        loaded = with_note_length(loaded, arguments)
    maker = Maker(
        arguments.run,
        loaded,
        strategy=arguments.strategy,
        decoder=arguments.decoder,
        checkpoint=arguments.checkpoint,
        precision=arguments.precision,
        matmul_precision=arguments.matmul_precision,
        cores=arguments.cores,
    )
    context = context_of(loaded, arguments)
    loaded = computed_with(loaded, arguments.precision, arguments.cores)
    if arguments.strategy is not None:
        strategy = strategy_of(arguments.strategy, loaded, names, context)
    decoder = None
    if arguments.decoder is not None:
        decoder = decoder_of(arguments.decoder, loaded, names, context)
    prompts = prompts_of(loaded, arguments)
    pieces = composed(loaded, prompts, arguments, strategy, context, decoder)
    if not processes.is_first():
        return
    written = write_pieces(
        pieces,
        out,
        tempo=arguments.tempo,
        program=arguments.program,
        pictures=arguments.pictures,
        maker=maker,
    )
    shown = []
    for path, piece in tracked(written, "writing piece", len(pieces)):
        shown.append((path, piece))
        ending = _ending(piece, arguments) if arguments.until_end else ""
        notes = len(piece.score.notes)
        lost = arguments.formats.write(
            piece.score, path, tempo=arguments.tempo, program=arguments.program
        )
        print(f"{printable(path)}: {notes} notes sound{ending}{_remarks(piece)}{lost}")
    if arguments.pictures:
        shown = shown[: arguments.pictures]
        report = write_generation_report(
            loaded, pieces, shown, np.asarray(prompts), arguments, strategy, context
        )
        print(f"to hear and see them: {printable(report)}")


def composed(
    loaded: Run,
    prompts: jax.Array,
    arguments: Arguments,
    strategy: strategies.Strategy,
    context: Carried | SlidingWindow,
    decoder: Decoder | None,
) -> list[Composition]:
    """Compose a piece after each prompt; those that the page shows have a trace."""
    compose_part = partial(
        compose,
        loaded,
        key=jax.random.key(arguments.seed),
        notes=arguments.notes,
        strategy=strategy,
        context=context,
        decoder=decoder,
        parallel_streams=arguments.parallel_streams,
        keep_primer=arguments.keep_primer,
        until_end=arguments.until_end,
        ill_formed=arguments.ill_formed,
        unseen=arguments.unseen,
        progress=processes.is_first(),
    )
    pieces = []
    # The page shows the populations of its pieces. A trace of all other ones would take
    # much memory.
    traced = 0 if decoder is None else min(arguments.pictures, len(prompts))
    with jax.default_matmul_precision(arguments.matmul_precision):
        for numbers in (range(traced), range(traced, len(prompts))):
            if numbers:
                rows = prompts[numbers.start : numbers.stop]
                part = BatchPart(numbers, len(prompts))
                trace = numbers.start < traced
                pieces += compose_part(prompts=rows, part=part, trace=trace)
    return pieces


def computed_with(
    loaded: Run, precision: Literal["float32", "bfloat16"], cores: int | None
) -> Run:
    """Return the run with a model that computes with this precision, on so many cores.

    With None as `cores`, the number of CPU cores is not changed.
    """
    model = loaded.model
    if precision == "bfloat16":
        model = model.in_bfloat16()
    if cores is not None:
        model = model.with_cores(cores)
    return dataclasses.replace(loaded, model=model)


def _ending(piece: Composition, arguments: Arguments) -> str:
    """Return a remark about how the piece ended: by the model, or cut at --notes."""
    if piece.ended:
        return ", then the piece ends"
    return f", cut at --notes {arguments.notes}"


def _remarks(piece: Composition) -> str:
    """Return remarks about skipped symbols and ignored strategies; "" without any."""
    remarks = ""
    if piece.skipped:
        remarks += f", {piece.skipped} ill-formed symbols skipped"
    if piece.fallbacks:
        remarks += f", {piece.fallbacks} symbols at which a strategy left none"
    return remarks


# The strategy of each flag, in the order in which they are applied.
SHORTHANDS = {
    "repetition_penalty": partial(strategies.RepetitionPenalty, by_sign=True),
    "greedy": lambda _: strategies.Greedy(),
    "temperature": strategies.Temperature,
    "top_k": strategies.TopK,
    "top_p": strategies.TopP,
    "min_p": strategies.MinP,
    "watermark": strategies.Watermark,
}


def strategy_of_flags(arguments: Arguments) -> strategies.Strategy:
    """Return the chain of the strategies whose flags were given, such as --top-p.

    Raises:
        ValueError: the value of a flag is wrong, or flags are given beside --strategy.
    """
    given = {}
    for name, make in SHORTHANDS.items():
        value = getattr(arguments, name)
        if value is None or value is False:
            continue
        try:
            given[name] = make(value)
        except ValueError as error:
            raise ValueError(f"--{name.replace('_', '-')}: {error}") from None
    if given and arguments.strategy is not None:
        both = " and ".join(("strategy", *given))
        raise ValueError(f"{both} are given; write all of them into strategy")
    if arguments.plugin and arguments.strategy is None and arguments.decoder is None:
        raise ValueError(
            f"plugin is {arguments.plugin[0]}; it needs --strategy or --decoder"
        )
    return strategies.Chain(*given.values())


def context_of(loaded: Run, arguments: Arguments) -> Carried | SlidingWindow:
    """Return the context that the arguments name: what the model remembers."""
    if arguments.context == "window":
        trained = loaded.settings["training"].window
        return SlidingWindow(trained if arguments.window is None else arguments.window)
    if arguments.window is not None:
        raise ValueError(f"window is {arguments.window}; it needs --context window")
    return Carried()


def with_note_length(loaded: Run, arguments: Arguments) -> Run:
    """Return the run with an encoding that gives every note the length asked for.

    The notes follow each other without rests.

    Raises:
        ValueError: the encoding of the run keeps rhythm, or the length is no multiple
            of a tick, or a MIDI file cannot hold so many notes of this length.
    """
    quarters = arguments.note_length
    if not isinstance(loaded.encoding, NoteNames):
        raise ValueError(
            f"note_length is {quarters}; it must be left out, because this run's "
            "encoding keeps rhythm"
        )
    ticks = quarters * TICKS_PER_QUARTER
    # Also false for NaN and infinity.
    if not (ticks >= 1 and ticks % 1 == 0):
        raise ValueError(
            f"note_length is {quarters}; it must be a positive multiple of "
            f"1/{TICKS_PER_QUARTER}"
        )
    notes = arguments.notes
    if arguments.keep_primer:
        notes += length_of_primer(arguments)
    if quarters * notes > MAX_QUARTERS:
        raise ValueError(
            f"note_length is {quarters}; a file holds {MAX_QUARTERS} quarters, so for "
            f"{notes} notes it must be at most {MAX_QUARTERS / notes:g}"
        )
    encoding = dataclasses.replace(loaded.encoding, ticks_per_note=round(ticks))
    return dataclasses.replace(loaded, encoding=encoding)


if __name__ == "__main__":
    run(main, Arguments)
