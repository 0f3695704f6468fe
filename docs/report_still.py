"""Take the README's picture: a still of a report's player, with one note explained.

    python docs/report_still.py runs/quickstart/report.html

It needs a Chromium browser and `pip install -e '.[test]'`. The picture is written to
docs/report.png.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

PICTURE = Path(__file__).with_name("report.png")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# The note that is explained, counted from the first.
NOTE = 17


def take(page_file: Path) -> None:
    """Open a report, explain one note, and write the picture."""
    browser_file = next(filter(None, map(shutil.which, BROWSERS)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_file, args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1100, "height": 900})
        page.goto(page_file.resolve().as_uri())
        page.locator(".roll").first.focus()
        for _ in range(NOTE):
            page.keyboard.press("ArrowRight")
        page.locator(".player").first.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    take(Path(sys.argv[1]))
