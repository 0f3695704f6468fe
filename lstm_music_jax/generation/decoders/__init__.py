"""Decoders: populations of streams that compete, such as beams and particles.

A population is a group of streams, its members, that continue one prompt. At each
symbol, a decoder decides which member continues with which symbol. Start with
`base.py`, the contract. Each decoder has a file of its own. The engine of populations
is `generation/population.py`.

This package may import `types`, `pytrees`, `fields`, `protocols`, `expressions`, `xla`
and `strategies`, and from `generation` only what knows nothing of decoders.
"""
