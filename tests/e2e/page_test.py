#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Opens report pages in headless Chromium and fails on anything a reader would suffer from.

usage: page_test.py PAGE.html...

For each page, in light and dark and at desktop and phone width: nothing on the console (a request
that the page's own policy forbids would appear there), no request for anything outside the file,
every figure drawn, nothing wider than the window.
Exit code: 0 good, 1 a page is bad, 77 there is no Chromium (the reason is printed).
"""

import pathlib
import sys

from browser import Browser, find_chromium

SIZES = {"desktop": (1400, 1000), "phone": (500, 900)}
# What only a laid-out page knows.
PROBE = """
(() => {
  const root = document.documentElement;
  const plots = [...document.querySelectorAll(".plot[data-figure]")];
  return {
    plots: plots.length,
    empty: plots.filter((p) => !p.querySelector("svg, canvas")).length,
    overflow: root.scrollWidth - root.clientWidth,
    requests: performance.getEntriesByType("resource").map((entry) => entry.name)
      .filter((name) => !/^(data|blob):/.test(name)),
  };
})()
"""


def check(page, size, dark):
    with Browser(SIZES[size], dark) as browser:
        try:
            browser.open(page)
        except TimeoutError as error:
            return browser.complaints + [str(error)]
        seen = browser.ask(PROBE)
        faults = browser.complaints + [f"request for {url}" for url in seen["requests"]]
    if seen["empty"]:
        faults.append(f"{seen['empty']} of {seen['plots']} figures are empty")
    if seen["overflow"] > 0:
        faults.append(f"the page is {seen['overflow']} px wider than the window")
    return faults


def main():
    pages = [pathlib.Path(argument).resolve() for argument in sys.argv[1:]]
    if not pages:
        print(__doc__)
        return 1
    if not find_chromium():
        print("SKIP: there is no Chromium on this machine")
        return 77
    bad = 0
    for page in pages:
        for size in SIZES:
            for dark in (False, True):
                faults = check(page, size, dark)
                name = f"{page.name}, {size}, {'dark' if dark else 'light'}"
                print(("FAIL " if faults else "ok   ") + name)
                for fault in faults:
                    print("     " + fault)
                bad += bool(faults)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
