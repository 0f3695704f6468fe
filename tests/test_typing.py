"""Type checkers see the public API: the package and the README's examples pass mypy."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
WRONG = """
import jax
from lstm_music_jax import MusicLSTM, generate, nothing_of_this_name
from lstm_music_jax.strategies import Temperature

model = MusicLSTM(96, (32, 16), key=jax.random.key(0))
Temperature(value="hot")
Temperature(valeu=1.0)
generate(model, 3, lenght=5)
"""


@pytest.fixture(scope="module")
def mypy(tmp_path_factory):
    """Return a function that checks files and the package, and returns mypy's lines."""
    cache = tmp_path_factory.mktemp("mypy")

    def check(*files):
        command = [sys.executable, "-m", "mypy", "--cache-dir", str(cache)]
        command += [str(file) for file in files] or ["-p", "lstm_music_jax"]
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False
        )
        return (done.stdout + done.stderr).splitlines()

    return check


def readme_examples():
    """Return the Python of the README: its code blocks, and the lines after `>>>`."""
    text = (ROOT / "README.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    typed = []
    for block in blocks:
        lines = block.splitlines()
        prompts = (">>> ", "... ", ">>>", "...")
        if any(line.startswith(">>>") for line in lines):
            lines = [line[4:] for line in lines if line.startswith(prompts)]
        typed.append("\n".join(lines))
    return typed


def test_the_package_passes(mypy):
    assert mypy()[-1].startswith("Success: no issues found")


def test_the_readme_passes(mypy, tmp_path):
    examples = readme_examples()
    assert len(examples) >= 3
    path = tmp_path / "readme.py"
    path.write_text("\n".join(examples))
    assert mypy(path)[-1].startswith("Success: no issues found")


def test_mistakes_are_found(mypy, tmp_path):
    path = tmp_path / "wrong.py"
    path.write_text(WRONG)
    found = "\n".join(mypy(path))
    for message in (
        'has no attribute "nothing_of_this_name"',
        'Argument "value" to "Temperature" has incompatible type "str"',
        'Unexpected keyword argument "valeu" for "Temperature"',
        'Unexpected keyword argument "lenght" for "generate"',
    ):
        assert message in found
