"""Compare a model trained on shuffled windows with one trained on carried streams.

    python experiments/compare_batching.py --run runs/batching
    python experiments/compare_batching.py --run runs/small --steps 500 --sizes 96 \
        --batch-size 32

Both models see the same number of symbols in the same number of steps. Then each reads
held-out music in the way in which it generates: from the start symbol, with the state
carried. The held-out pieces are laid end to end and cut into sequences of 1000 symbols.
In training on windows, a state is never older than a window. The loss at later
positions shows whether older states harm the predictions of such a model.

Cost: 0.5 s per step of 64 x 100 symbols on two CPU cores, and 400 steps for each model.
The second command takes two minutes. Expect: a table of mean losses by position in the
sequence, in nats per symbol. With one seed each:

                            windows          streams
    positions            0-100  100-1000  0-100  100-1000
    400 steps, 512-256   1.676   1.569    1.732   1.582
    1000 steps, 512-256  1.878   1.781    2.214   1.994
    second command       2.188   2.159    2.188   2.136

States older than a window do not harm a model trained on windows: it predicts later
positions better than the first ones. Streams help the small model a little. They make
the large model overfit sooner; with 1000 steps it overfits with both.
"""

from command_line import run

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from sources import Source, dataset

from lstm_music_jax import (
    Dataset,
    ModelConfig,
    MusicLSTM,
    TrainingConfig,
    load_run,
    train,
)

LENGTH = 1000
"""Symbols per sequence."""
WARM = 100
"""First position at which the state is older than a window of the default width."""


@dataclass(frozen=True)
class Arguments:
    """Command line of the script."""

    run: Path
    """A new folder; the runs `windows` and `streams` are written into it."""
    validation: float = 0.1
    """Share of the symbols that is held out, in whole pieces."""
    source: Source = field(default_factory=Source)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(
        default_factory=lambda: TrainingConfig(
            steps=400, learning_rate=3e-3, schedule="cosine"
        )
    )
    """Settings of both runs, except --batching."""


def main(arguments: Arguments) -> None:
    """Train both models, measure both on the held-out music, print the table."""
    data = dataset(arguments.source, validation=arguments.validation)
    sequences = held_out_sequences(data)
    rows = []
    for batching in ("windows", "streams"):
        training = dataclasses.replace(arguments.training, batching=batching)
        folder = arguments.run / batching
        train(folder, data, arguments.model, training)
        losses = losses_by_position(load_run(folder, "last").model, sequences)
        rows.append((batching, losses[:WARM].mean(), losses[WARM:].mean()))
    print(
        f"mean loss over {len(sequences)} sequences of {LENGTH} held-out symbols, "
        "in nats per symbol:"
    )
    print(f"{'':8} {f'first {WARM}':>12} {f'{WARM}-{LENGTH}':>12} {'difference':>12}")
    for batching, early, late in rows:
        print(f"{batching:8} {early:12.4f} {late:12.4f} {late - early:+12.4f}")


def held_out_sequences(data: Dataset) -> np.ndarray:
    """Return ids `[b 1 + LENGTH]`: rows of a start symbol and pieces laid end to end.

    There are no start and end symbols between the pieces, because generated music has
    none.
    """
    start = data.vocabulary.start_id
    music = np.concatenate([*data.validation, np.zeros(0, np.int32)])
    music = data.vocabulary.without_markers(music)
    count = len(music) // LENGTH
    if not count:
        raise ValueError(
            f"validation holds out {len(music)} symbols; it must hold out {LENGTH} "
            "or more"
        )
    sequences = music[: count * LENGTH].reshape(count, LENGTH)
    return np.concatenate([np.full((count, 1), start, np.int32), sequences], axis=1)


@jax.jit
def losses_by_position(model: MusicLSTM, sequences: jax.Array) -> jax.Array:
    """Return the mean loss over the sequences at each position, `[LENGTH]`."""
    _, logits = model.unroll(sequences[:, :-1])
    log_probs = jax.nn.log_softmax(logits)
    of_targets = jnp.take_along_axis(log_probs, sequences[:, 1:, None], axis=-1)
    return -of_targets[..., 0].mean(axis=0)


if __name__ == "__main__":
    run(main, Arguments)
