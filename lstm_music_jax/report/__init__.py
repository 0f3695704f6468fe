"""Figures that a person looks at: pictures of pieces and of measurements.

Start with `figures.py`. `model_figures.py` shows how well a model predicts given
pieces.

This package may import `system`, `music` and `evaluation`.
"""
