"""Stacked LSTMs on symbolic music in JAX: training, and sampling on the device.

The public API, each name with the module it lives in. A module is imported when one
of its names is first used, so that nothing waits for what it does not need.
"""

from importlib import import_module

_HOMES = {
    "composition": ("Composition", "compose", "start_prompts"),
    "generation.contexts": ("Carried", "SlidingWindow"),
    "generation.draws": ("Arithmetic", "Gumbel"),
    "generation.engine": ("Generation",),
    "generation.sweep": ("grid", "stack", "sweep"),
    "generation.trace": ("Trace",),
    "keras_files": ("KerasFileError", "KerasModel", "read_keras"),
    "keras_weights": ("import_keras",),
    "music.corpus": ("Corpus", "Piece", "chorales", "midi_folder"),
    "music.encodings": ("Encoding", "Events", "NoteNames"),
    "music.midi": ("read_midi", "write_midi"),
    "music.repetition": ("Repetition", "repetition"),
    "music.score": ("TICKS_PER_QUARTER", "Note", "Score"),
    "music.symbols_file": ("symbols_file", "write_symbols"),
    "music.vocabulary": ("Vocabulary",),
    "model.music_lstm": ("MusicLSTM",),
    "parallel": ("generate",),
    "training.checkpoints": ("CheckpointError", "SaveError"),
    "training.config": ("ModelConfig", "TrainingConfig"),
    "training.dataset": ("Dataset",),
    "training.loop": ("NonFiniteLossError", "train"),
    "training.run": ("Run", "RunFolder", "load_run"),
    "training.signals": ("Stopped",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
_MODULES = ("figures", "processes", "strategies")

__all__ = [*sorted(_HOME_OF), *_MODULES]


def __getattr__(name: str):
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
