"""The content of a model file of Keras."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lstm_music_jax.training.config import Gates
from lstm_music_jax.types import Float


class KerasFileError(ValueError):
    """Raised by `read_keras` for unreadable or damaged files and refused models."""


class LayerArrays(NamedTuple):
    """The parameters of one LSTM layer, as NumPy arrays in float32.

    An array holds four parts side by side: input gate, forget gate, candidate, output
    gate. i is the number of inputs of the layer, and h its number of units.
    """

    input_kernel: Float[np.ndarray, "i four_h"]
    recurrent_kernel: Float[np.ndarray, "h four_h"]
    bias: Float[np.ndarray, "four_h"]


@dataclass(frozen=True)
class KerasModel:
    """A model that was read from a file of Keras.

    Attributes:
        version: version of the Keras that wrote the file.
        layers: parameters of the LSTM layers, the first layer first.
        head_kernel: kernel of the dense layer, `[h v]`.
        head_bias: bias of the dense layer, `[v]`.
        gates: activation of the gates.
        dropout: rate of all Dropout layers. It is 0 if there are none, or if their
            rates differ, because `MusicLSTM` has one rate. Dropout acts in training
            only.
        window: number of input symbols; None if any number is allowed.
        every_position: True if a symbol is predicted after every input symbol, False
            if only after the last one.
    """

    version: str
    layers: tuple[LayerArrays, ...]
    head_kernel: Float[np.ndarray, "h v"]
    head_bias: Float[np.ndarray, "v"]
    gates: Gates
    dropout: float
    window: int | None
    every_position: bool

    @property
    def vocab_size(self) -> int:
        """Number of symbols in the vocabulary."""
        return len(self.head_bias)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of units of each LSTM layer."""
        return tuple(len(layer.recurrent_kernel) for layer in self.layers)

    def summary(self) -> str:
        """Return a description of the model in one line."""
        window = "any" if self.window is None else self.window
        return (
            f"Keras {self.version}: LSTM {'-'.join(map(str, self.sizes))}, gates "
            f"{self.gates}, dropout {self.dropout:g}, window {window}, "
            f"{self.vocab_size} symbols"
        )
