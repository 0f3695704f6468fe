"""Test whether MIDI files carry the watermark of a key.

    python experiments/generate.py --run runs/quickstart --watermark 7919 --out marked
    python experiments/detect_watermark.py --run runs/quickstart --key 7919 \
        --files marked/piece-000.mid

The run folder gives the vocabulary and the encoding.

Cost: seconds, mostly for start-up.
Expect: 24 files of 200 notes that were generated with this key had p-values up to
0.002, and a median of 3e-7. The p-values of all other files are spread evenly from 0
to 1.
"""

from command_line import run

from dataclasses import dataclass
from pathlib import Path

from lstm_music_jax import detect_watermark, load_run, read_midi


@dataclass(frozen=True)
class Arguments:
    """Command line."""

    run: Path
    """Run folder of the model that may have drawn the music."""
    key: int
    """The secret, as given to generate.py."""
    files: tuple[Path, ...]
    """MIDI files."""
    gamma: float = 0.25
    """Share of green symbols, as given to the strategy."""
    width: int = 1
    """Number of symbols that select the green ones, as given to the strategy."""


def main(arguments: Arguments) -> None:
    """Test one file after another."""
    loaded = load_run(arguments.run)
    known = set(loaded.vocabulary.symbols)
    for path in arguments.files:
        symbols = loaded.encoding.encode(read_midi(path))
        # The model cannot draw symbols outside its vocabulary, so they are left out.
        ids = loaded.vocabulary.ids_of([each for each in symbols if each in known])
        p_value, z_score, green_share, scored = detect_watermark(
            ids,
            len(loaded.vocabulary),
            arguments.key,
            gamma=arguments.gamma,
            width=arguments.width,
        )
        print(
            f"{path}: p-value {p_value:.2g}, z-score {z_score:.1f}, {green_share:.1%} "
            f"of {scored} symbols are green"
        )


if __name__ == "__main__":
    run(main, Arguments)
