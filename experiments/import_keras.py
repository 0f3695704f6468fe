"""Convert a model that Keras has saved into a run folder; Keras is not needed.

    pip install -e ".[keras]"
    python experiments/import_keras.py weights.hdf5 --symbols data.txt --run runs/keras
    python experiments/generate.py --run runs/keras --context window --greedy \
        --primer corpus
    python experiments/train.py --run runs/keras --resume --steps 500

The script reads .hdf5, .h5 and .keras files of whole models, Sequential or functional.
A model must be a chain of LSTM layers and a dense softmax head over the symbols whose
one-hot vectors are the input. The file of symbols must be the one that the model was
trained on, with one note or chord name per line. As in the original recipe, the most
frequent symbol has id 0, and so on. Equally frequent symbols keep the order in which
they first appear.

Cost: seconds. Expect: generate.py gives the same notes as a loop that takes the argmax
of Keras's `predict`, from the same primer. train.py continues the training with these
weights and a new optimiser state.
"""

from command_line import run

from dataclasses import dataclass
from pathlib import Path

import tyro
from sources import Source, dataset

from lstm_music_jax import RunFolder, import_keras, read_keras


@dataclass(frozen=True)
class Arguments:
    """Command line of the script."""

    weights: tyro.conf.Positional[Path]
    """File that `model.save` or a ModelCheckpoint of Keras 2 or 3 has written."""
    symbols: Path
    """File of the note names that the model was trained on, one per line."""
    run: Path
    """A new folder for the run."""


def main(arguments: Arguments) -> None:
    """Read model and symbols, check that they fit, write the run."""
    RunFolder(arguments.run).require_new()
    weights = read_keras(arguments.weights)
    print(weights.summary())
    source = Source(symbols=arguments.symbols, encoding="note-names")
    data = dataset(source, validation=0, start=False, end=False)
    import_keras(arguments.run, weights, data)
    print(f"the run is in {arguments.run}")


if __name__ == "__main__":
    run(main, Arguments)
