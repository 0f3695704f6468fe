"""The part on blind listening: counts, and remarks that cannot become markup."""

from lstm_music_jax.evaluation.comparison.votes import Votes
from lstm_music_jax.report.page.document import Data
from lstm_music_jax.report.votes_tables import votes_parts
from tests.evaluation.comparison.made_up_votes import REFERENCE, vote

HOSTILE = "<script>alert(1)</script> **|** `x`"


def written(votes, repeated=0):
    parts = votes_parts(Votes(votes, repeated))
    markdown = "\n\n".join(part.markdown() for part in parts)
    return markdown, "\n".join(part.html(Data()) for part in parts)


def test_the_counts_of_each_arm_and_listener():
    votes = [vote("Ann", piece, "TopP(0.9)") for piece in range(8)]
    votes += [
        vote("Ann", 8, REFERENCE, seconds=50.0, shown=8),
        vote("Bob", 0, "", seconds=10.0),
    ]
    markdown, html = written(votes, repeated=3)
    assert "2 listeners gave 10 votes on unlabelled pairs. 3 more were in" in markdown
    rows = [" ".join(line.split()) for line in markdown.splitlines()]
    (row,) = [row for row in rows if row.startswith("| `TopP(0.9)`")]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[:5] == ["`TopP(0.9)`", "as set", "8", "1", "1"]
    assert cells[5].startswith("**0.89 (0.52 to ")
    assert cells[-2:] == ["2", "9"]
    assert "| Ann | 9 | 1 | 8 | 0 | 1 | 30 |" in rows
    assert "| Bob | 1 | 0 | 0 | 1 | 0 | 10 |" in rows
    assert "Remarks" not in markdown
    assert "<code>TopP(0.9)</code>" in html


def test_remarks_and_names_are_shown_as_they_are():
    votes = [vote(HOSTILE, 0, REFERENCE, remark=HOSTILE), vote("Bob", 0, "")]
    markdown, html = written(votes)
    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt; **|** `x`") == 3
    assert r"\<script\>alert(1)\</script\> \*\*\|\*\* \`x\`" in markdown
    assert "<script" not in markdown.replace(r"\<", "")
