"""Blind listening in a real browser: answer, reload, save, and read the votes."""

import json
import re

import pytest

from lstm_music_jax.evaluation.comparison.listening import Pair
from lstm_music_jax.evaluation.comparison.votes import read_votes
from lstm_music_jax.music.score import Note, Score
from lstm_music_jax.report.page.blind import Blind
from tests.report.page.waiting import wait_until

pytestmark = pytest.mark.slow

REFERENCE, FINGERPRINT = "ancestral sampling", "ab" * 32
ARMS = ("TopP(0.9)", "<b>Typical</b>(0.2)")


def score(pitch, voices=1):
    """Return a score of eighths, in which each note is struck in several octaves."""
    return Score.from_notes(
        [
            Note(6 * k, pitch + k % 5 + 12 * voice, 6)
            for k in range(8)
            for voice in range(voices)
        ]
    )


PAIRS = [
    Pair("as set", arm, REFERENCE, piece, score(50 + piece), score(50 + piece, 3))
    for arm in ARMS
    for piece in (4, 1)
]
BLIND = Blind(FINGERPRINT, PAIRS)


def play_both(page):
    """Play A and then B; the names of the buttons say which one is playing."""
    for letter in "AB":
        page.get_by_role("button", name=f"Play {letter}").click()
        page.get_by_role("button", name=f"Pause {letter}").wait_for()


def answer(page, choice, remark=""):
    play_both(page)
    page.get_by_label(choice).check()
    page.get_by_label("Remark").fill(remark)
    page.get_by_role("button", name="Answer").click()


def saved(page, tmp_path):
    """Save the votes; return the name of the file, its content, and what is read."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Save votes").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    return path.name, json.loads(path.read_text()), read_votes([path], FINGERPRINT)


def shown(page):
    """Return all that the page shows or keeps in its elements, without its data."""
    return page.evaluate("document.querySelector('main').outerHTML")


def rows(page):
    table = page.get_by_role("table").get_by_role("row").all()
    return [row.get_by_role("cell").all_inner_texts() for row in table[1:]]


def test_all_pairs_are_answered_with_a_reload_between(open_report, tmp_path):
    page = open_report([BLIND])
    page.get_by_label("Your name").fill("Ann B.")
    answer(page, "A is better", "</script><script>window.hacked=1</script>")
    answer(page, "No difference")
    page.reload()
    page.get_by_text("Pair 3 of 4").wait_for()
    assert page.get_by_label("Your name").input_value() == "Ann B."
    page.get_by_text("Which one is the better music?").wait_for()
    before = shown(page)
    assert not any(name in before for name in (*ARMS, "Typical", REFERENCE, "as set"))
    answer(page, "B is better")
    answer(page, "A is better", "warm")
    assert page.get_by_text("All pairs are answered.").is_visible()
    assert page.evaluate("window.hacked") is None
    name, content, found = saved(page, tmp_path)
    assert name == "votes-Ann-B-.json"
    votes = found.votes
    assert {vote.pair for vote in votes} == {pair.name for pair in PAIRS}
    assert [vote.listener for vote in votes] == ["Ann B."] * 4
    choices = [entry["choice"] for entry in content["votes"]]
    assert choices == ["A", "none", "B", "A"]
    assert [vote.chosen == vote.first for vote in votes] == [True, False, False, True]
    assert all(vote.plays == (1, 1) and 0 < vote.seconds < 60 for vote in votes)
    assert [vote.shown for vote in votes] == [0] * 4
    assert votes[3].remark == "warm"
    # What the page then says is what the votes say.
    for vote, (first, second, choice, remark) in zip(votes, rows(page), strict=True):
        assert {first, second} == {vote.arm, REFERENCE}
        assert first == vote.first
        assert {"A": first, "B": second}.get(choice, "") == vote.chosen
        assert remark == vote.remark


def test_the_excerpt_called_a_is_the_one_that_is_named_afterwards(open_report):
    """The reference strikes three notes at a time; the arm strikes one."""
    page = open_report([BLIND])
    # The first notes are struck at once, and no further ones on a busy machine.
    page.evaluate("""() => {
      window.setInterval = () => 1;
      const start = AudioBufferSourceNode.prototype.start;
      AudioBufferSourceNode.prototype.start = function (when) {
        window.struck.push(when);
        return start.call(this, when);
      };
    }""")
    page.get_by_label("Show after each answer").check()
    for _ in PAIRS:
        strikes = {}
        for letter in "AB":
            page.evaluate("window.struck = []")
            page.get_by_role("button", name=f"Play {letter}").click()
            page.wait_for_function("window.struck.length > 0")
            strikes[letter] = page.evaluate("window.struck.length")
        few, many = sorted(strikes, key=strikes.get)
        assert strikes[many] == 3 * strikes[few]
        page.get_by_label("No difference").check()
        page.get_by_role("button", name="Answer").click()
        text = page.get_by_text(re.compile("^A was ")).inner_text()
        assert f"{many} was {REFERENCE}" in text
        page.get_by_role("button", name="Next", exact=True).click()


def test_an_answer_needs_both_excerpts_and_a_choice(open_report):
    page = open_report([BLIND])
    button = page.get_by_role("button", name="Answer")
    page.get_by_label("A is better").check()
    assert button.is_disabled()
    page.get_by_role("button", name="Play A").click()
    assert button.is_disabled()
    assert page.get_by_text("Play both before you answer.").is_visible()
    page.get_by_role("button", name="Play B").click()
    assert button.is_enabled()
    assert page.get_by_role("button", name="Save votes").is_disabled()


def test_keys_alone_can_vote(open_report):
    page = open_report([BLIND])
    page.get_by_role("button", name="Play A").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Pause A").wait_for()
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Pause B").wait_for()
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    assert page.get_by_label("B is better").is_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("clear")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.get_by_text("Pair 2 of 4").is_visible()
    focused = page.evaluate("document.activeElement.textContent")
    assert focused == "Play A"


def test_votes_after_a_reveal_say_so(open_report, tmp_path):
    page = open_report([BLIND])
    page.get_by_label("Pairs").select_option("1")
    page.get_by_label("Show after each answer").check()
    answer(page, "A is better")
    page.get_by_role("button", name="Next", exact=True).click()
    answer(page, "A is better")
    page.get_by_role("button", name="Next", exact=True).click()
    assert page.get_by_text("All pairs are answered.").is_visible()
    _, _, found = saved(page, tmp_path)
    assert [vote.shown for vote in found.votes] == [0, 1]
    assert {vote.arm for vote in found.votes} == {ARMS[1]}


def test_another_listener_begins_anew(open_report):
    page = open_report([BLIND])
    name = page.get_by_label("Your name").input_value()
    answer(page, "A is better")
    page.on("dialog", lambda dialog: dialog.accept())
    with page.expect_navigation():
        page.get_by_role("button", name="Next listener").click()
    assert page.get_by_text("Pair 1 of 4").is_visible()
    assert page.get_by_label("Your name").input_value() != name


def test_a_page_that_can_keep_nothing_says_so(open_report, tmp_path):
    page = open_report([BLIND])
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage',"
        " { get() { throw new Error('denied'); } });"
        "window.BroadcastChannel = class"
        " { constructor() { throw new Error('denied'); } }"
    )
    page.reload()
    page.get_by_text("This browser keeps nothing of this page.").wait_for()
    answer(page, "A is better")
    assert len(saved(page, tmp_path)[2].votes) == 1


def second_page(page):
    """Open the same page again, in another tab of the browser."""
    second = page.context.new_page()
    second.set_default_timeout(10_000)
    second.goto(page.url)
    return second


def test_two_open_pages_keep_the_votes_of_both(open_report, tmp_path):
    page = open_report([BLIND])
    second = second_page(page)
    answer(page, "A is better", "first page")
    second.get_by_text("Pair 2 of 4").wait_for()
    answer(second, "B is better", "second page")
    page.get_by_text("Pair 3 of 4").wait_for()
    page.get_by_label("Your name").fill("Ann")
    page.get_by_label("Your name").press("Tab")
    wait_until(lambda: second.get_by_label("Your name").input_value() == "Ann")
    page.reload()
    page.get_by_text("Pair 3 of 4").wait_for()
    votes = saved(page, tmp_path)[2].votes
    assert [vote.remark for vote in votes] == ["first page", "second page"]
    assert [vote.listener for vote in votes] == ["Ann"] * 2
    assert [vote.remark for vote in saved(second, tmp_path)[2].votes] == [
        "first page",
        "second page",
    ]


def test_another_page_leaves_a_begun_answer_alone(open_report):
    page = open_report([BLIND])
    second = second_page(page)
    page.get_by_label("Remark").fill("not yet done")
    second.get_by_label("Show after each answer").check()
    wait_until(lambda: page.get_by_label("Show after each answer").is_checked())
    assert page.get_by_label("Remark").input_value() == "not yet done"


def test_a_next_listener_on_another_page_begins_anew_on_this_one(open_report):
    page = open_report([BLIND])
    second = second_page(page)
    answer(page, "A is better")
    second.get_by_text("Pair 2 of 4").wait_for()
    second.on("dialog", lambda dialog: dialog.accept())
    with page.expect_navigation():
        second.get_by_role("button", name="Next listener").click()
    page.get_by_text("Pair 1 of 4").wait_for()
    names = [each.get_by_label("Your name").input_value() for each in (page, second)]
    assert names[0] == names[1]


@pytest.mark.parametrize("kept", ["{", '{"votes": 3}'])
def test_damaged_votes_in_the_browser_are_given_up(open_report, kept):
    page = open_report([BLIND])
    key = f"blind-listening-{FINGERPRINT}"
    page.evaluate("([key, kept]) => localStorage.setItem(key, kept)", [key, kept])
    page.reload()
    page.get_by_text("Pair 1 of 4").wait_for()
