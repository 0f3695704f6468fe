"""Train one model on shuffled windows, another on carried streams, and compare.

    python experiments/compare_batching.py --run runs/batching
    python experiments/compare_batching.py --run runs/small --steps 500 --sizes 96 \
        --batch-size 32

Both see as many symbols in as many updates. Each is then read as music is generated:
from the start symbol on, over the held-out pieces laid end to end in runs of 1000
symbols, the state carried all the way. Windows teach no model what to do with a state
older than they are; whether that costs anything shows in the second column.

Cost: on two CPU cores 0.5 s an update of 64 x 100 symbols, 400 updates for each of the
two; the second command takes two minutes. Expect: a table of mean losses by the place
in the run, nats a symbol. One seed each:

                              windows          streams
    places                 0-100  100-1000  0-100  100-1000
    400 updates, 512-256   1.676   1.569    1.732   1.582
    1000 updates, 512-256  1.878   1.781    2.214   1.994
    second command         2.188   2.159    2.188   2.136

A state older than any window costs a model trained on windows nothing: it reads on as
well as it began, and better. Streams help the small model a little; the large one they
let overfit sooner, as 1000 updates do either way.
"""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from command_line import run
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
"""Symbols of a run."""
WARM = 100
"""Symbols after which the state is older than any window."""


@dataclass(frozen=True)
class Arguments:
    """Command line."""

    run: Path
    """Folder of both runs, new: `windows` and `streams` in it."""
    validation: float = 0.1
    """Share of the symbols held out, by piece."""
    source: Source = field(default_factory=Source)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(
        default_factory=lambda: TrainingConfig(
            steps=400, learning_rate=3e-3, schedule="cosine"
        )
    )
    """Of both; --batching is set to each in turn."""


def main(arguments: Arguments) -> None:
    """Train both, read the held-out music with both, print the table."""
    data = dataset(arguments.source, validation=arguments.validation)
    runs = held_out_runs(data)
    rows = []
    for batching in ("windows", "streams"):
        training = dataclasses.replace(arguments.training, batching=batching)
        folder = arguments.run / batching
        train(folder, data, arguments.model, training)
        losses = losses_by_place(load_run(folder, "last").model, runs)
        rows.append((batching, losses[:WARM].mean(), losses[WARM:].mean()))
    print(f"carried over {len(runs)} runs of {LENGTH} held-out symbols, nats a symbol:")
    print(f"{'':8} {f'first {WARM}':>12} {f'{WARM}-{LENGTH}':>12} {'difference':>12}")
    for batching, early, late in rows:
        print(f"{batching:8} {early:12.4f} {late:12.4f} {late - early:+12.4f}")


def held_out_runs(data: Dataset) -> np.ndarray:
    """Return ids `[b 1 + LENGTH]`: a start symbol, then held-out music, end to end.

    Pieces follow on each other without the start symbols in between, which no
    generated piece has.
    """
    start = data.vocabulary.start_id
    music = np.concatenate([piece[1:] for piece in data.validation] or [np.zeros(0)])
    count = len(music) // LENGTH
    if not count:
        raise ValueError(
            f"validation holds out {len(music)} symbols; one run takes {LENGTH}"
        )
    runs = music[: count * LENGTH].reshape(count, LENGTH)
    return np.concatenate([np.full((count, 1), start, np.int32), runs], axis=1)


@jax.jit
def losses_by_place(model: MusicLSTM, runs: jax.Array) -> jax.Array:
    """Return the mean loss of each place, `[LENGTH]`, over the runs."""
    _, logits = model.unroll(runs[:, :-1])
    log_probs = jax.nn.log_softmax(logits)
    chosen = jnp.take_along_axis(log_probs, runs[:, 1:, None], axis=-1)
    return -chosen[..., 0].mean(axis=0)


if __name__ == "__main__":
    run(main, Arguments)
