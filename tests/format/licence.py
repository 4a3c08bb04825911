# SPDX-License-Identifier: Apache-2.0

"""Each source says its licence in its first lines. A kind of file that is not named here is a source."""

import pathlib

from tracked import ROOT

LINE = "SPDX-License-Identifier: Apache-2.0"
# The first line, or the one after `#!`.
FIRST_LINES = 2
# Data, pages, and formats without comments.
NO_SOURCES = {
    ".bmp", ".data", ".dict", ".h5", ".jpg", ".json", ".md", ".mlir", ".npy", ".npz", ".png", ".tflite", ".txt", ".vmfb",
    "LICENSE", "copyright",
}  # fmt: skip


def is_source(name):
    path = pathlib.PurePath(name)
    if path.name == "CMakeLists.txt":
        return True
    return not name.startswith("fuzz/corpus/") and not NO_SOURCES & {path.suffix, path.name}


def complaint(name):
    """Empty if the file says its licence, else where it does not."""
    try:
        first = (ROOT / name).read_text().splitlines()[:FIRST_LINES]
    except UnicodeDecodeError:
        return f"{name}: no text; if it is data, name its kind in tests/format/licence.py"
    if any(line.strip(" #/*") == LINE for line in first):
        return ""
    return f"{name}: '{LINE}' must stand in a comment of the first line (the second, after `#!`)"
