"""Generation: continues prompts with symbols from a model, wholly on the device.

A stream is a sequence that is generated. Start with `generate.py`, the public entry,
then `engine.py`, which draws the symbols of one stream. `contexts.py` defines which
symbols the model remembers, `draws.py` how a symbol is drawn, and `trace.py` the
numbers that are recorded per symbol. `program.py` compiles the engine for devices.
`population.py` draws the symbols of streams that compete, and `decoders/` holds what
decides between them. `sweep.py` generates with many settings of a strategy.
`composition.py` makes scores: it draws blocks of symbols (`blocks.py`) and decodes them
(`piece_symbols.py`). `origin.py` holds how a piece was drawn, and `redrawing.py` draws
it again with the same noise.

This package may import `strategies`, `music`, `notebooks`, `devices`, `system`,
`xla`, `protocols`, `expressions`, `pytrees`, `fields` and `types`. It uses models only
through their protocol.
"""
