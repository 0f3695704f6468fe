"""Models that Keras has saved, read without Keras and made into run folders.

`model` says what a file holds, `architecture` checks that its layers are the ones that
this package computes, `graph` puts the layers of a functional model in order, `refusal`
is the error for all others, `reading` parses the three file layouts, and `importing`
writes the run folder. The package may import `training`, `model`, `music` and `types`;
h5py is imported only when a file is read. Start reading with `reading.read_keras`.
"""
