"""Generate music from a run folder: MIDI files and piano rolls.

    python experiments/generate.py --run runs/quickstart --pieces 4 --top-p 0.95
    python experiments/generate.py --run runs/quickstart --primer corpus --keep-primer
    srun python experiments/generate.py --run runs/quickstart --pieces 1024 --cluster

Every device of every process takes part (for several processes: --cluster, or
--coordinator, --process-id, --num-processes). The music does not depend on how many
there are.

Cost: seconds, most of them start-up and compilation; 1000 notes take well under one.
Expect: in each piece, as many sounding notes or chords as asked for.
"""

from command_line import Processes, require_folder, require_seed, run

import dataclasses
import sys
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from sources import dataset_of_run

from lstm_music_jax import (
    TICKS_PER_QUARTER,
    Carried,
    Composition,
    NoteNames,
    Run,
    SlidingWindow,
    compose,
    load_run,
    piano_roll,
    processes,
    read_midi,
    start_prompts,
    strategies,
    write_midi,
)
from lstm_music_jax.system.printable import printable


@dataclass(frozen=True)
class Arguments:
    """Command line; a strategy whose flag is left out is not applied."""

    run: Path
    """Run folder, of quickstart.py, train.py or reproduce_lstm_music.py."""
    out: Path | None = None
    """Where to write; by default the folder `music` in the run folder."""
    notes: int = 1000
    """Notes (or chords, with note names) per piece."""
    pieces: int = 1
    """How many pieces."""
    seed: int = 0
    """The same seed gives the same music."""
    checkpoint: Literal["best", "last"] = "best"
    """Which checkpoint of the run."""
    context: Literal["carried", "window"] = "carried"
    """Carry the state on for ever, or predict from the last --window symbols."""
    window: int | None = None
    """Symbols of the sliding window; by default that of the training."""
    primer: str = "none"
    """`none`, `corpus` (pieces held out, or else trained on), or a MIDI file."""
    primer_length: int = 100
    """Symbols of the primer that are read."""
    unknown: Literal["error", "drop"] = "error"
    """Symbols of a primer's file that the run does not know: stop, or leave them out
    and say which."""
    keep_primer: bool = False
    """Write the primer in front of the music."""
    drop_primer: bool = False
    """Write the music alone; the default."""
    greedy: bool = False
    """Always the most probable symbol."""
    repetition_penalty: float | None = None
    """Above 1: what has sounded becomes less likely."""
    temperature: float | None = None
    """Below 1 sharpens, above 1 flattens."""
    top_k: int | None = None
    """Keep the k most probable symbols."""
    top_p: float | None = None
    """Keep the most probable symbols that hold probability p."""
    min_p: float | None = None
    """Keep symbols at least p times as probable as the most probable one."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Precision of the matrix products. bfloat16 rounds their operands and sums in
    float32. It is faster where the hardware multiplies bfloat16: a recent CPU draws 64
    pieces in half the time."""
    matmul_precision: Literal["default", "tensorfloat32", "highest"] = "default"
    """Precision of float32 products, on hardware that has several. The default of
    recent NVIDIA GPUs is tensorfloat32; highest is full float32."""
    cores: int | None = None
    """CPU cores that share the products of a single piece; by default as the run says.
    Changes rounding, and so in rare cases the music."""
    parallel_streams: int | None = None
    """Pieces that a device draws side by side, at most. Fewer take less memory and give
    the same music."""
    note_length: float | None = None
    """Length of every note, in quarters (note names only)."""
    tempo: float = 120.0
    """Quarters per minute."""
    program: int = 0
    """General MIDI program; 0 is a piano."""
    processes: Processes = field(default_factory=Processes)


def main(arguments: Arguments) -> None:
    """Check, load, generate, write."""
    arguments.processes.join()
    require_seed(arguments.seed)
    out = arguments.out or arguments.run / "music"
    require_folder("out", out)
    strategy = strategy_of(arguments)
    if arguments.keep_primer and arguments.drop_primer:
        raise ValueError("keep_primer and drop_primer are both given; give one of them")
    loaded = load_run(arguments.run, arguments.checkpoint)
    if arguments.note_length is not None:
        loaded = with_note_length(loaded, arguments.note_length)
    context = context_of(loaded, arguments)
    prompts = prompts_of(loaded, arguments)
    if arguments.precision == "bfloat16":
        loaded = dataclasses.replace(loaded, model=loaded.model.in_bfloat16())
    if arguments.cores is not None:
        model = loaded.model.with_cores(arguments.cores)
        loaded = dataclasses.replace(loaded, model=model)
    with jax.default_matmul_precision(arguments.matmul_precision):
        pieces = compose(
            loaded,
            prompts,
            jax.random.key(arguments.seed),
            notes=arguments.notes,
            strategy=strategy,
            context=context,
            parallel_streams=arguments.parallel_streams,
            keep_primer=arguments.keep_primer,
        )
    if not processes.is_first():
        return
    for number, piece in enumerate(pieces):
        path = out / f"piece-{number:03d}.mid"
        write_midi(piece.score, path, tempo=arguments.tempo, program=arguments.program)
        piano_roll(piece.score, path.with_suffix(".png"))
        print(
            f"{printable(path)}: {len(piece.score.notes)} notes sound{_remarks(piece)}"
        )


def _remarks(piece: Composition) -> str:
    """Return what did not go as asked for, to be put behind a line."""
    remarks = ""
    if piece.skipped:
        remarks += f", {piece.skipped} ill-formed symbols skipped"
    if piece.fallbacks:
        remarks += f", {piece.fallbacks} notes at which a strategy left no symbol"
    return remarks


# What each flag stands for, in the order of application.
SHORTHANDS = {
    "repetition_penalty": partial(strategies.RepetitionPenalty, by_sign=True),
    "greedy": lambda _: strategies.Greedy(),
    "temperature": strategies.Temperature,
    "top_k": strategies.TopK,
    "top_p": strategies.TopP,
    "min_p": strategies.MinP,
}


def strategy_of(arguments: Arguments) -> strategies.Strategy:
    """Chain the strategies whose flags were given.

    Raises:
        ValueError: a wrong value, naming the flag.
    """
    given = []
    for name, make in SHORTHANDS.items():
        value = getattr(arguments, name)
        if value is None or value is False:
            continue
        try:
            given.append(make(value))
        except ValueError as error:
            raise ValueError(f"--{name.replace('_', '-')}: {error}") from None
    return strategies.Chain(*given)


def context_of(loaded: Run, arguments: Arguments) -> Carried | SlidingWindow:
    """Return the context that the arguments name."""
    if arguments.context == "window":
        trained = loaded.settings["training"].window
        return SlidingWindow(trained if arguments.window is None else arguments.window)
    if arguments.window is not None:
        raise ValueError(f"window is {arguments.window}; it needs --context window")
    return Carried()


def with_note_length(loaded: Run, quarters: float) -> Run:
    """Return the run with every note `quarters` long, and no rests between them.

    Raises:
        ValueError: the run is of events, or `quarters` is off the grid of ticks.
    """
    if not isinstance(loaded.encoding, NoteNames):
        raise ValueError(
            f"note_length is {quarters}; it must be left out, because this run's "
            "encoding keeps rhythm"
        )
    ticks = quarters * TICKS_PER_QUARTER
    if ticks != round(ticks) or ticks < 1:
        raise ValueError(
            f"note_length is {quarters}; it must be a positive multiple of "
            f"1/{TICKS_PER_QUARTER}"
        )
    encoding = dataclasses.replace(loaded.encoding, ticks_per_note=round(ticks))
    return dataclasses.replace(loaded, encoding=encoding)


def prompts_of(loaded: Run, arguments: Arguments) -> jax.Array:
    """Return the primers' ids, one row per piece."""
    pieces, length = arguments.pieces, arguments.primer_length
    if pieces < 1:
        raise ValueError(f"pieces is {pieces}; it must be at least 1")
    if arguments.primer == "none":
        return start_prompts(loaded, pieces)
    if length < 1:
        raise ValueError(f"primer_length is {length}; it must be at least 1")
    if arguments.primer == "corpus":
        data = dataset_of_run(loaded.settings)
        return corpus_primers(
            data.validation or data.train, pieces, length, arguments.seed
        )
    ids = primer_of_file(loaded, Path(arguments.primer), length, arguments.unknown)
    return jnp.tile(jnp.asarray(ids)[None], (pieces, 1))


def primer_of_file(loaded: Run, path: Path, length: int, unknown: str) -> np.ndarray:
    """Return the first `length` ids of a MIDI file."""
    name = printable(path)
    if not path.is_file():
        raise ValueError(
            f"primer is {name}; it must be none, corpus, or a MIDI file that exists"
        )
    try:
        symbols = loaded.encoding.encode(read_midi(path))
    except ValueError as error:
        raise ValueError(f"primer is {name}: {error}") from None
    known = set(loaded.vocabulary.symbols)
    kept: list[str] = []
    dropped = Counter[str]()
    for symbol in symbols:
        if len(kept) == length:
            break
        if unknown == "drop" and symbol not in known:
            dropped[symbol] += 1
        else:
            kept.append(symbol)
    if dropped and processes.is_first():
        print(f"primer is {name}: dropped {in_words(dropped)}", file=sys.stderr)
    if len(kept) < length:
        usable = " that the run knows" if dropped else ""
        raise ValueError(
            f"primer_length is {length}; {name} has {len(kept)} symbols{usable}, "
            "and it must be at most that"
        )
    try:
        return loaded.vocabulary.ids_of(kept, source=name)
    except ValueError as error:
        raise ValueError(f"{error}; --unknown drop leaves them out") from None


def in_words(dropped: Counter[str]) -> str:
    """Return how many symbols were dropped, and the commonest of them."""
    named = ", ".join(f"{symbol} ({n})" for symbol, n in dropped.most_common(5))
    more = ", ..." if len(dropped) > 5 else ""
    return f"{dropped.total()} symbols that the run does not know: {named}{more}"


def corpus_primers(ids: tuple, pieces: int, length: int, seed: int) -> jax.Array:
    """Draw windows of `length` ids, each from a random place of a random piece."""
    long_enough = [piece for piece in ids if len(piece) >= length]
    if not long_enough:
        longest = max(map(len, ids))
        raise ValueError(
            f"primer_length is {length}; the longest piece has {longest} symbols, "
            "and it must be at most that"
        )
    random = np.random.default_rng(seed)
    rows = []
    for _ in range(pieces):
        piece = long_enough[random.integers(len(long_enough))]
        begin = random.integers(len(piece) - length + 1)
        rows.append(piece[begin : begin + length])
    return jnp.asarray(np.stack(rows))


if __name__ == "__main__":
    run(main, Arguments)
