"""The models: PyTrees that hold parameters and nothing else.

Start with `music_lstm.py`, the stack of layers with its head. `lstm.py` is one layer,
`unrolling.py` runs a layer over time with a backward pass written by hand, and
`gates.py` holds the activations of the gates.

`ngrams.py` holds n-gram models that the sampler can use like the LSTM.
`ngram_counts.py` counts and smooths n-grams on the host.

This package may import `types`, `pytrees` and `xla`.
"""
