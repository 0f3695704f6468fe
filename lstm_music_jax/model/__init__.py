"""Flax NNX modules: one LSTM layer, and the stack that models music."""
