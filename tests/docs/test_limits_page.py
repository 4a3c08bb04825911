# SPDX-License-Identifier: Apache-2.0

"""docs/limits.md names options that the tool has, with the defaults that its help says, and variables that it reads."""

import re

from conftest import ROOT

ROWS = re.findall(r"^\| ([^|]+) \| ([^|]+) \| `([^`]+)` \|$", (ROOT / "docs/limits.md").read_text(), re.M)


def test_options_and_their_defaults(kenning):
    text = " ".join(kenning("optimize", "test", "--help").stdout.split())
    options = {setter for _, _, setter in ROWS if setter.startswith("--")}
    assert len(options) == 4
    for option in options:
        described = text.split(f" {option} SECONDS ")[1].split(" --")[0]
        defaults = re.findall(r"(?:default|else) (\d+)", described)
        limits = [limit for _, limit, setter in ROWS if setter == option]
        assert defaults, option
        for default in defaults:
            assert any(re.search(rf"\b{default} s\b", limit) for limit in limits), (option, default, limits)


def test_variables():
    sources = "".join(path.read_text() for path in (ROOT / "host/resource").glob("*.cc"))
    variables = {setter for _, _, setter in ROWS if not setter.startswith("--")}
    assert variables == {"KENNING_DOWNLOAD_TIMEOUT", "KENNING_LOCK_TIMEOUT"}
    for variable in variables:
        assert f'"{variable}"' in sources
