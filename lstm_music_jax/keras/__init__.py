"""Models that Keras has saved: read without Keras, and written as run folders.

Start with `reading.read_keras`, which reads the two file layouts. `architecture`
accepts only the layers that this package computes. `graph` puts the layers of a
functional model in order. `refusal` is the error for models that are not accepted.
`model` is the result, and `importing` writes it as a run folder.

This package may import `training`, `model`, `music` and `types`. It imports h5py only
when a file is read.
"""
