"""Make a model that Keras has trained into a run folder, without Keras.

    pip install -e ".[keras]"
    python experiments/import_keras.py weights.hdf5 --symbols data.txt --run runs/keras
    python experiments/generate.py --run runs/keras --context window --greedy \
        --primer corpus
    python experiments/train.py --run runs/keras --resume --steps 500

Reads the .hdf5, .h5 and .keras files of whole models: LSTM layers, and a dense softmax
head over the symbols that come in as one-hot vectors. The file of symbols is what the
model was trained on, note and chord names one a line: ids follow from it by falling
count, ties by first appearance, as in the original recipe.

Cost: seconds. Expect: the second command gives the notes that the loop over Keras's
`predict` gives from the same primer, argmax after argmax; the third goes on training
from the weights, with a fresh optimiser.
"""

from dataclasses import dataclass
from pathlib import Path

import tyro
from command_line import run
from sources import Source, dataset

from lstm_music_jax import RunFolder, import_keras, read_keras


@dataclass(frozen=True)
class Arguments:
    """Command line."""

    weights: tyro.conf.Positional[Path]
    """File that `model.save` or a ModelCheckpoint of Keras 2 or 3 wrote."""
    symbols: Path
    """File of the note names that it was trained on, one a line."""
    run: Path
    """A new folder."""


def main(arguments: Arguments) -> None:
    """Read both, check that they fit, write the run."""
    RunFolder(arguments.run).require_new()
    weights = read_keras(arguments.weights)
    print(weights.summary())
    source = Source(symbols=arguments.symbols, encoding="note-names")
    data = dataset(source, validation=0, start=False)
    import_keras(arguments.run, weights, data)
    print(f"the run is in {arguments.run}")


if __name__ == "__main__":
    run(main, Arguments)
