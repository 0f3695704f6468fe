"""Text with a little Markdown: written to HTML, and any text made safe for it."""

import pytest
from hypothesis import given, strategies as st

from lstm_music_jax.report.inline import escaped, inline_html
from lstm_music_jax.report.page.blocks import Prose
from lstm_music_jax.report.page.document import Data
from lstm_music_jax.report.table import Table


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("`TopP(0.9)` and *this*", "<code>TopP(0.9)</code> and <em>this</em>"),
        ("0.5; **0.3 (0.2 to 0.4)**", "0.5; <strong>0.3 (0.2 to 0.4)</strong>"),
        ("**`a*b` *c* d**", "<strong><code>a*b</code> <em>c</em> d</strong>"),
        ('`<b>` < & "', "<code>&lt;b&gt;</code> &lt; &amp; &quot;"),
        (r"\*no\* \<b>", "*no* &lt;b&gt;"),
        ("2 * 3", "2 * 3"),
    ],
)
def test_the_little_markdown(text, html):
    assert inline_html(text) == html


@given(st.text(st.characters(codec="ascii")))
def test_escaped_text_shows_as_it_is(text):
    shown = inline_html(escaped(text))
    assert "<" not in shown
    for name, letter in (("lt", "<"), ("gt", ">"), ("quot", '"'), ("#x27", "'")):
        shown = shown.replace(f"&{name};", letter)
    assert shown.replace("&amp;", "&") == " ".join(text.split())


def test_escaped_text_is_no_markup_in_markdown():
    assert escaped("# [a](b) <i>|\n1. x") == r"\# \[a\](b) \<i\>\| 1. x"
    assert escaped("- x") == r"\- x"
    assert escaped("1. x") == r"1\. x"


def test_a_table_in_markdown_and_in_html():
    table = Table(["", "a|b"], [["`x|y`", "**1**"], [escaped("p|q"), "<"]])
    assert table.markdown() == (
        "|        | a\\|b  |\n"
        "| ------ | ----- |\n"
        "| `x\\|y` | **1** |\n"
        "| p\\|q   | <     |"
    )
    html = table.html(Data())
    assert "<th scope=col>a|b</th>" in html
    assert "<th scope=row><code>x|y</code></th><td><strong>1</strong></td>" in html
    assert "<th scope=row>p|q</th><td>&lt;</td>" in html


def test_prose_is_a_paragraph_or_a_list():
    assert Prose("*a* & b").html(Data()) == "<p><em>a</em> &amp; b</p>"
    text = "- *a* is\n  long\n- b"
    assert Prose(text).html(Data()) == (
        "<ul><li><em>a</em> is\n  long</li><li>b</li></ul>"
    )
    assert Prose(text).markdown() == text
