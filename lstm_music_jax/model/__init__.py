"""The LSTM model: Flax NNX modules that hold parameters and nothing else.

Start with `music_lstm.py`, the stack of layers with its head. `lstm.py` is one layer,
`unrolling.py` runs a layer over time with a backward pass written by hand, and
`gates.py` holds the activations of the gates.

This package may import `types` and `xla`.
"""
