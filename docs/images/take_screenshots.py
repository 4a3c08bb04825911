#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Takes the documentation's pictures of a report page with headless Chromium.

usage: take_screenshots.py PAGE.html NAME   -> NAME-light.png NAME-dark.png NAME-phone.png NAME-phone-dark.png here
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tests" / "e2e"))
from browser import Browser  # noqa: E402

# suffix: window size, dark
PICTURES = {
    "light": ((1400, 1500), False),
    "dark": ((1400, 1500), True),
    "phone": ((500, 1300), False),
    "phone-dark": ((500, 1300), True),
}


def main(page, name):
    for suffix, (size, dark) in PICTURES.items():
        with Browser(size, dark) as browser:
            browser.open(pathlib.Path(page).resolve())
            browser.picture(HERE / f"{name}-{suffix}.png")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
