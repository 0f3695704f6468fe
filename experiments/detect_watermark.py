"""Test whether MIDI files carry the watermark of a key.

    python experiments/generate.py --run runs/quickstart --watermark 7919 --out marked
    python experiments/detect_watermark.py --run runs/quickstart --key 7919 \
        --files marked/piece-000.mid

The run folder says which symbols the notes were written from.

Cost: seconds, most of them start-up.
Expect: p-values below 1e-4 for files of 200 notes that were generated with this key,
and evenly spread p-values for all others.
"""

from command_line import run

from dataclasses import dataclass
from pathlib import Path

from lstm_music_jax import detect_watermark, load_run, read_midi


@dataclass(frozen=True)
class Arguments:
    """Command line."""

    run: Path
    """Run folder whose model may have drawn the music."""
    key: int
    """The secret that the music was generated with."""
    files: tuple[Path, ...]
    """MIDI files."""
    gamma: float = 0.25
    """Share of green symbols that the music was generated with."""
    width: int = 1
    """How many symbols select the green ones, as the music was generated with."""


def main(arguments: Arguments) -> None:
    """Test file by file."""
    loaded = load_run(arguments.run)
    known = set(loaded.vocabulary.symbols)
    for path in arguments.files:
        symbols = loaded.encoding.encode(read_midi(path))
        # Symbols that the model cannot draw bear no mark.
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
            f"of {scored} runs of symbols are green"
        )


if __name__ == "__main__":
    run(main, Arguments)
