#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Opens report pages in headless Chromium and fails on anything a reader would suffer from.

usage: page_test.py PAGE.html...

For each page, in light and dark and at desktop and phone width: nothing on the console (a request
that the page's own policy forbids would appear there), no request for anything outside the file,
every figure drawn, nothing wider than the window.
Exit code: 0 good, 1 a page is bad, 77 there is no Chromium (the reason is printed).
"""
import html
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-extensions", "--host-resolver-rules=MAP * ~NOTFOUND",
    "--enable-logging=stderr", "--v=0", "--hide-scrollbars",
    "--virtual-time-budget=20000",
]
SIZES = {"desktop": "1400,1000", "phone": "500,900"}
TIME_LIMIT_S = 120
# Appended to a copy of the page: what only a laid-out page knows, written where --dump-dom shows it.
PROBE = """
<script>
addEventListener("load", () => {
  const look = () => {
    if (document.documentElement.dataset.figures !== "drawn") { setTimeout(look, 50); return; }
    const root = document.documentElement;
    const plots = [...document.querySelectorAll(".plot[data-figure]")];
    root.dataset.probe = JSON.stringify({
      plots: plots.length,
      empty: plots.filter((p) => !p.querySelector("svg, canvas")).length,
      overflow: root.scrollWidth - root.clientWidth,
      requests: performance.getEntriesByType("resource").map((entry) => entry.name)
        .filter((name) => !/^(data|blob):/.test(name)),
    });
  };
  look();
});
</script>
"""


def find_chromium():
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        path = shutil.which(name)
        if path:
            return path
    return None


def check(chromium, page, size, dark, folder):
    profile = folder / "profile"
    copy = folder / "page.html"
    body, end, rest = page.read_text(encoding="utf-8").rpartition("</body>")
    copy.write_text(body + PROBE + end + rest, encoding="utf-8")
    flags = FLAGS + [f"--user-data-dir={profile}", f"--window-size={SIZES[size]}"]
    if dark:
        flags.append("--blink-settings=preferredColorScheme=0")
    try:
        run = subprocess.run([chromium, *flags, "--dump-dom", copy.as_uri()], capture_output=True,
                             text=True, timeout=TIME_LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return [f"Chromium did not finish within {TIME_LIMIT_S} s"]
    faults = [line.split("CONSOLE", 1)[1][:300] for line in run.stderr.splitlines()
              if ":CONSOLE" in line]
    probe = re.search(r'data-probe="([^"]*)"', run.stdout)
    if not probe:
        return faults + ["the figures were not finished"]
    seen = json.loads(html.unescape(probe.group(1)))
    faults += [f"request for {url}" for url in seen["requests"]]
    if seen["empty"]:
        faults.append(f"{seen['empty']} of {seen['plots']} figures are empty")
    if seen["overflow"] > 0:
        faults.append(f"the page is {seen['overflow']} px wider than the window")
    return faults


def main():
    pages = [pathlib.Path(argument) for argument in sys.argv[1:]]
    if not pages:
        print(__doc__)
        return 1
    chromium = find_chromium()
    if not chromium:
        print("SKIP: there is no Chromium on this machine")
        return 77
    bad = 0
    for page in pages:
        for size in SIZES:
            for dark in (False, True):
                with tempfile.TemporaryDirectory() as folder:
                    faults = check(chromium, page, size, dark, pathlib.Path(folder))
                name = f"{page.name}, {size}, {'dark' if dark else 'light'}"
                print(("FAIL " if faults else "ok   ") + name)
                for fault in faults:
                    print("     " + fault)
                bad += bool(faults)
    return 1 if bad else 0


if __name__ == "__main__":
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    sys.exit(main())
