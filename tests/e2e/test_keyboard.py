# SPDX-License-Identifier: Apache-2.0

"""The report page without a mouse and without eyes: each control is reached by Tab in the order of the page, is seen
when it has the focus, and does by key what it does by click; tables and figures have names; texts have contrast."""

import json

import pytest
from browser import Browser, find_chromium
from conftest import ROOT

pytestmark = pytest.mark.skipif(find_chromium() is None, reason="there is no Chromium on this machine")

SIZES = {"desktop": (1280, 900), "phone": (390, 844)}

# What takes the focus, seen as a reader sees it: not in a fold that is closed.
CONTROLS = """
[...document.querySelectorAll("a[href], button, summary, input, select, [tabindex='0']")].filter((e) => {
  const fold = e.closest("details:not([open])");
  return e.checkVisibility() && !(fold && !(e.matches("summary") && e.parentElement === fold));
})
"""
FOCUSED = """
(() => {
  const e = document.activeElement;
  if (e === document.body) return null;
  const style = getComputedStyle(e), box = e.getBoundingClientRect(), top = document.querySelector(".top").getBoundingClientRect();
  return {
    number: Number(e.dataset.number), text: (e.getAttribute("aria-label") || e.textContent || "").trim().slice(0, 60),
    outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    inside: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    covered: !e.closest(".top") && !e.matches(".skip") && box.bottom <= top.bottom,
  };
})()
"""
NAMELESS = """
(() => {
  const named = (e) => (e.getAttribute("aria-label")
    || (e.getAttribute("aria-labelledby") || "").split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join("")
    || e.getAttribute("alt") || (e.matches("a, button, summary") ? e.textContent || e.title : "")).trim() !== "";
  const faults = [];
  const wants = (selector, test, what) => {
    for (const e of document.querySelectorAll(selector)) if (!test(e)) faults.push(what + ": " + e.outerHTML.slice(0, 120));
  };
  wants("table, [role=region], nav, main section, [role=img], img, a, button, summary", named, "no name");
  wants("table", (t) => t.querySelectorAll("thead th[scope=col]").length === t.rows[0].cells.length, "a column without header");
  wants("tbody tr", (r) => r.cells[0].matches("th[scope=row]"), "a row without header");
  wants("figure", (f) => f.querySelector("figcaption") && f.querySelector("[role=img], img"), "a figure without text");
  wants("[role=img] *", (e) => !e.matches("a, button, summary, [tabindex='0']"), "a control inside a picture");
  const levels = [...document.querySelectorAll("h1, h2, h3")].map((h) => Number(h.tagName[1]));
  levels.forEach((level, i) => { if (level > (levels[i - 1] ?? 0) + 1) faults.push("heading skips a level"); });
  if (document.documentElement.lang !== "en" || document.querySelectorAll("main").length !== 1) faults.push("no language or main");
  return faults;
})()
"""
# Each text against the ground it stands on; what is see-through is mixed in.
FAINT = """
(() => {
  const parse = (c) => {
    const n = c.match(/[\\d.e+-]+/g).map(Number);
    return c.startsWith("color(srgb") ? [n[0] * 255, n[1] * 255, n[2] * 255, n[3] ?? 1] : [n[0], n[1], n[2], n[3] ?? 1];
  };
  const over = (a, b) => a.slice(0, 3).map((v, i) => v * a[3] + b[i] * (1 - a[3])).concat(1);
  const light = (c) => c.slice(0, 3).map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (e) => {
    const layers = [];
    for (let at = e; at; at = at.parentElement) layers.push(parse(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };
  const faint = new Map();
  for (const e of document.querySelectorAll("body *")) {
    if (!e.checkVisibility() || e.closest("svg, .skip, script, style")) continue;
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
    const style = getComputedStyle(e), below = ground(e), ink = over(parse(style.color), below);
    const [a, b] = [light(ink), light(below)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5)) faint.set(e.tagName + "." + e.className, ratio.toFixed(2) + " " + e.textContent.trim().slice(0, 40));
  }
  return [...faint].map(([where, what]) => where + ": " + what);
})()
"""


@pytest.fixture(scope="module")
def pages(kenning, shared, tmp_path_factory):
    """A report of one file and one of two, as pages."""
    folder = tmp_path_factory.mktemp("pages")
    files = [shared(f"spec/kenning/vectors/results_{name}.json") for name in ("head_renode", "legacy_renode")]
    made = {}
    for name, measurements in (("one", files[:1]), ("two", files)):
        result = kenning("report", "--measurements", *measurements, "--report-path", folder / name / "report.md", "--to-html")
        assert result.returncode == 0, result.stderr
        made[name] = folder / name / "report" / "report.html"
    return made


def walk(browser, shift=False):
    """What has the focus after each Tab, until the page is left."""
    browser.ask(f"{CONTROLS}.forEach((e, i) => {{ e.dataset.number = i; }})")
    seen = []
    while True:
        browser.press("Tab", shift)
        focused = browser.ask(FOCUSED)
        if focused is None or (seen and focused["number"] == seen[0]["number"]):
            return seen
        seen.append(focused)
        assert len(seen) < 500, "the focus is in a trap"


@pytest.mark.parametrize("page", ["one", "two"])
@pytest.mark.parametrize("size", SIZES)
def test_each_control_is_reached_and_seen(pages, page, size):
    with Browser(SIZES[size]) as browser:
        browser.open(pages[page])
        # All folds open: then everything that ever takes the focus is there.
        browser.ask("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        count = browser.ask(f"{CONTROLS}.length")
        seen = walk(browser)
        assert [each["number"] for each in seen] == list(range(count)), seen
        for each in seen:
            assert each["outline"] >= 2, each
            assert each["inside"] and not each["covered"], each


def test_the_skip_link_is_first_and_leads_to_the_report(pages):
    with Browser() as browser:
        browser.open(pages["one"])
        browser.press("Tab")
        assert browser.ask(FOCUSED)["text"] == "Skip to the report"
        assert browser.ask(FOCUSED)["inside"]
        browser.press("Enter")
        assert browser.ask("location.hash") == "#main"
        browser.press("Tab")
        assert browser.ask("document.activeElement.closest('main') !== null")


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_theme_and_folds_by_key(pages, key):
    with Browser() as browser:
        browser.open(pages["one"])
        browser.ask("document.getElementById('theme').focus()")
        grounds = []
        for expected in ("light", "dark", None):
            browser.press(key)
            assert browser.ask("document.documentElement.dataset.theme ?? null") == expected
            grounds.append(browser.ask("getComputedStyle(document.body).backgroundColor"))
        assert grounds[0] != grounds[1]
        browser.ask("document.querySelector('main details.fold > summary').focus()")
        fold = "document.querySelector('main details.fold').open"
        before = browser.ask(fold)
        browser.press(key)
        assert browser.ask(fold) is not before


@pytest.mark.parametrize("page", ["one", "two"])
def test_what_a_screen_reader_says(pages, page):
    with Browser() as browser:
        browser.open(pages[page])
        assert browser.ask(NAMELESS) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("page", ["one", "two"])
def test_every_text_has_contrast(pages, page, dark):
    with Browser(dark=dark) as browser:
        browser.open(pages[page])
        browser.ask("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        faint = browser.ask(FAINT)
        assert faint == [], json.dumps(faint, indent=1)
