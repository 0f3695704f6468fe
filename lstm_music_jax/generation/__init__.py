"""Sampling of symbols from a model and prompts, wholly on the device.

Start with `generate.py`, the public entry, then `engine.py`, the scan of one stream.
`contexts.py` defines what the model remembers, `draws.py` how a symbol is drawn,
`trace.py` what is recorded per note. `program.py` compiles the engine for devices,
`sweep.py` runs many settings of a strategy, `composition.py` makes scores.

May import `strategies`, `music`, `devices`, `xla`, `protocols`, `pytrees` and `types`.
Models are used only through their protocol.
"""
