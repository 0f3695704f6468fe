"""Imports point one way, and music21 stays in its room."""

import ast
from pathlib import Path

import pytest

import lstm_music_jax

PACKAGE = Path(lstm_music_jax.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))

ALLOWED = {
    "types": set(),
    "bits": {"types"},
    "cache_folder": set(),
    "cores": set(),
    "music": {"cache_folder", "cores"},
    "figures": {"music"},
    "model": {"types", "bits", "cores"},
    "strategies": {"types", "music"},
    "generation": {"types", "bits", "strategies"},
    "processes": set(),
    "parallel": {"types", "strategies", "generation"},
    "testing": {"types", "strategies", "generation"},
    "training": {"types", "bits", "music", "model", "parallel", "processes"},
    "keras_files": {"types", "training"},
    "keras_weights": {"types", "keras_files", "model", "training"},
    "composition": {
        "types",
        "music",
        "strategies",
        "generation",
        "parallel",
        "training",
    },
}


def imported(module):
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(PACKAGE)))
def test_imports_follow_the_arrows(module):
    room = module.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room == "__init__":
        return
    inside = {
        name.split(".")[1] for name in imported(module) if name.startswith("lstm_music")
    }
    assert inside - {room} <= ALLOWED[room]
    outside = {name.split(".")[0] for name in imported(module)}
    if room == "music":
        assert not outside & {"jax", "flax", "optax", "orbax"}
    else:
        assert "music21" not in outside
