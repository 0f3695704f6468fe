"""One operation on a folder of MIDI files; `corpora.py` runs each in a new process.

    python benchmarks/corpus_operations.py OPERATION FOLDER CACHE

The result is a line of JSON: the seconds that the operation took without the imports of
its library, the number that it returned, and the peak memory of this process and of the
largest of its reader processes, in MB of 2^20 bytes.
"""

import importlib
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path


def load(folder: Path, cache: Path) -> int:
    """Load the corpus; return the number of symbols."""
    from lstm_music_jax import Events, load_midi_folder

    corpus = load_midi_folder(folder, Events(), cache=cache, progress=False)
    return int(corpus.counts.sum())


def dataset(folder: Path, cache: Path, validation: float = 0.0) -> int:
    """Load the corpus and make it a dataset; return the number of ids."""
    from lstm_music_jax import Dataset, Events, load_midi_folder

    corpus = load_midi_folder(folder, Events(), cache=cache, progress=False)
    made = Dataset.from_corpus(corpus, Events(), validation=validation)
    return sum(side.total for side in (made.train, made.validation))


def split(folder: Path, cache: Path) -> int:
    """Load the corpus and hold a tenth out; return the number of ids."""
    return dataset(folder, cache, 0.1)


def end_to_end(folder: Path, cache: Path) -> int:
    """Parse, train 100 steps, generate, read the result; return its number of notes."""
    import jax

    from lstm_music_jax import (
        Dataset,
        Events,
        ModelConfig,
        TrainingConfig,
        compose,
        load_midi_folder,
        load_run,
        read_midi,
        start_prompts,
        train,
        write_midi,
    )

    corpus = load_midi_folder(folder, Events(), cache=cache, progress=False)
    data = Dataset.from_corpus(corpus, Events(), validation=0.001)
    config = TrainingConfig(steps=100, batch_size=32)
    run = cache / "run"
    train(run, data, ModelConfig((64,)), config, show=False)
    loaded = load_run(run)
    key, read = jax.random.key(0), 0
    prompts = start_prompts(loaded, 4)
    for number, piece in enumerate(compose(loaded, prompts, key, notes=100)):
        path = cache / f"{number}.mid"
        write_midi(piece.score, path)
        read += len(read_midi(path).notes)
    return read


def symusic(folder: Path, cache: Path) -> int:
    """Read all files with symusic; return the number of notes."""
    from symusic import Score

    return sum(Score(path).note_num() for path in sorted(folder.glob("*.mid")))


def miditok(folder: Path, cache: Path) -> int:
    """Tokenise all files with MidiTok's REMI; return the number of tokens."""
    from miditok import REMI

    tokenizer = REMI()
    return sum(
        len(sequence.ids)
        for path in sorted(folder.glob("*.mid"))
        for sequence in tokenizer(path)
    )


OPERATIONS: dict[str, Callable[[Path, Path], int]] = {
    function.__name__: function
    for function in (load, dataset, split, end_to_end, symusic, miditok)
}
_PACKAGE = (
    "lstm_music_jax.music.corpus.dataset",
    "lstm_music_jax.music.corpus.loading",
)
_IMPORTS = {"symusic": ("symusic",), "miditok": ("miditok",)}


def main(name: str, folder: str, cache: str) -> None:
    """Run an operation, and print what it cost."""
    operation = OPERATIONS[name]
    for module in _IMPORTS.get(name, _PACKAGE):
        importlib.import_module(module)
    begin = time.perf_counter()
    count = operation(Path(folder), Path(cache))
    seconds = time.perf_counter() - begin
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    result = {"seconds": seconds, "count": count, "own": _peak(), "child": child}
    print(json.dumps(result))


def _peak() -> int:
    """Return the peak of this process' memory in MB of 2^20 bytes.

    `getrusage` is not used, because it includes the parent's memory before the fork.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024
    raise RuntimeError("/proc/self/status lacks VmHWM, which Linux has")


if __name__ == "__main__":
    main(*sys.argv[1:])
