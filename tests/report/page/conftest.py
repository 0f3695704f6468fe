"""A browser for the tests of the report."""

import os
import shutil

import pytest

from lstm_music_jax.report.page.document import write_report

# The parts of a page that its code fills, which takes a moment, are no longer empty.
FILLED = """() => [...document.querySelectorAll("[data-player], [data-blind]")]
  .every((element) => element.querySelector("button"))"""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser():
    """A browser without a window, shared by the tests of a module."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright, of the extra test, is not installed"
    )
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"there is no browser on the PATH: {', '.join(BROWSERS)}")
    # Chromium's sandbox does not run as root.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def open_report(browser, tmp_path):
    """Opens a report of the given blocks; no page may complain or ask for anything."""
    contexts, problems = [], []

    def open_report(blocks, **settings):
        path = tmp_path / "report.html"
        write_report(path, "Report", blocks)
        contexts.append(browser.new_context(**settings))
        page = contexts[-1].new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: _check_request(request, path, problems))
        page.goto(path.as_uri())
        page.wait_for_function(FILLED)
        return page

    yield open_report
    for context in contexts:
        context.close()
    assert problems == []


def _check_request(request, path, problems):
    if request.url != path.as_uri() and not request.url.startswith("data:"):
        problems.append(f"the page asked for {request.url}")
