"""Progress: a bar on a terminal, and elsewhere a plain line now and then."""

import pytest

from lstm_music_jax.system import progress
from lstm_music_jax.system.progress import Bar, tracked


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that the test sets; its one entry is the time in seconds."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_without_a_terminal_there_is_a_line_per_half_minute(clock, capsys):
    with Bar("step", 200, stderr=False) as bar:
        for step in range(1, 201):
            clock[0] += 0.5
            bar.update(step, f"loss [{step}]")
    assert capsys.readouterr() == (
        "step 60/200  loss [60]\nstep 120/200  loss [120]\nstep 180/200  loss [180]\n",
        "",
    )


def test_short_work_writes_nothing(clock, capsys):
    assert [*tracked("abc", "letter")] == ["a", "b", "c"]
    assert capsys.readouterr() == ("", "")


def test_items_are_counted_on_stderr(clock, capsys):
    for _ in tracked(iter("abc"), "letter", 3, names=["A", "B", "C"]):
        clock[0] += 40
        print("result")
    out, err = capsys.readouterr()
    assert out == "result\n" * 3
    assert err == "letter 1/3  B\nletter 2/3  C\nletter 3/3\n"


def test_a_terminal_shows_a_bar(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    for _ in tracked("abc", "letter"):
        print("result")
    out, err = capsys.readouterr()
    assert out == "result\n" * 3
    assert "letter" in err
    assert "3/3" in err


def test_nothing_is_shown_unless_wanted(clock, monkeypatch, capsys):
    with Bar("step", 3, show=False) as bar:
        clock[0] += 100
        bar.update(1)
        bar.print("a line")
    assert capsys.readouterr() == ("", "")
