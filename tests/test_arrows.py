"""Imports point one way, and music21 stays in its room."""

import ast
from pathlib import Path

import pytest

import lstm_music_jax

PACKAGE = Path(lstm_music_jax.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))

ALLOWED = {
    "types": set(),
    "pytrees": set(),
    "protocols": {"types"},
    "system": set(),
    "processes": {"system"},
    "devices": {"types"},
    "music": {"system"},
    "report": {"music"},
    "xla": {"types"},
    "model": {"types", "xla"},
    "strategies": {"types", "pytrees", "protocols", "xla", "music"},
    "generation": {
        "types",
        "pytrees",
        "protocols",
        "xla",
        "strategies",
        "music",
        "devices",
    },
    "testing": {"types", "pytrees", "strategies", "generation"},
    "training": {"types", "xla", "system", "music", "model", "devices", "processes"},
    "keras": {"types", "music", "model", "training"},
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
