"""Sampling: from a model and prompts to symbols, wholly on the device.

Start with `generate.py`, the public entry, then `engine.py`, the scan of one stream.
`contexts.py` says what the model remembers, `draws.py` how a symbol is drawn,
`trace.py` what is recorded of each note. `program.py` compiles the engine for devices,
`sweep.py` runs many settings of a strategy, `composition.py` goes on to scores.

May import `strategies`, `music`, `devices`, `xla`, `protocols`, `pytrees` and `types`.
A model is known by its protocol alone.
"""
