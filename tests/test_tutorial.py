"""The tutorial: its cells run in order, and it is kept without outputs."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import train

from tests.experiments.calling import call

ROOT = Path(__file__).parents[1]
CELLS = json.loads((ROOT / "docs/tutorial.ipynb").read_text())["cells"]
CODE = ["".join(cell["source"]) for cell in CELLS if cell["cell_type"] == "code"]


def test_the_tutorial_has_no_outputs():
    for cell in CELLS:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.very_slow
def test_all_cells_run_in_order(tmp_path):
    """The run is that of the quickstart, but smaller."""
    arguments = ["--validation", 0.1, "--steps", 120, "--sizes", 64, 32]
    arguments += ["--learning-rate", 1e-2]
    assert call(train, "--run", tmp_path / "runs/quickstart", *arguments) == 0
    script = tmp_path / "docs" / "cells.py"
    script.parent.mkdir()
    # The last value of a cell is what a notebook shows, so it is shown here too.
    script.write_text(
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        f"for cell in {CODE!r}:\n"
        "    shell.run_cell(cell).raise_error()\n"
    )
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    found = subprocess.run(
        [sys.executable, script],
        cwd=script.parent,
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stderr[-3000:]
    (longest,) = re.findall(r"^with CopyLimit (\d+)$", found.stdout, re.MULTILINE)
    assert 1 <= int(longest) <= 12
