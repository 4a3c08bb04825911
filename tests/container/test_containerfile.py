# SPDX-License-Identifier: Apache-2.0

"""The Containerfile is of the form that run_containerfile.py runs, and what it copies exists."""

import containerfile
import pytest
from conftest import ROOT


def test_the_file_is_read():
    stages = containerfile.parse((ROOT / "Containerfile").read_text())
    assert [stage.name for stage in stages] == ["build", "1"]
    for stage in stages:
        for step in stage.steps:
            if step.instruction != "COPY":
                continue
            source, (*paths, _) = containerfile.copy_arguments(step.text)
            assert source or all((ROOT / path).exists() for path in paths), step


def test_it_copies_the_package_of_this_version(kenning):
    version = kenning("--version").stdout.split()[1]
    assert f"springbok-iree_{version}_amd64.deb" in (ROOT / "Containerfile").read_text()


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "no FROM"),
        ("RUN true", "line 1: the first instruction must be FROM"),
        ("FROM a\nADD x y", "line 2: ADD is not read here"),
        ("FROM a\nCOPY --from=b /x /y", "line 2: there is no earlier stage b"),
        ("FROM a\nCOPY x", "line 2: COPY needs"),
        ("FROM a\nWORKDIR here", "line 2: WORKDIR wants an absolute path"),
        ("FROM a\nCMD kenning", "line 2: CMD"),
        ("FROM a\nRUN true && \\", "line 2: the last line continues"),
        ("FROM a\n# a comment\n\nENV A B", "line 4: ENV KEY=VALUE"),
    ],
)
def test_what_it_cannot_run_is_said(text, message):
    with pytest.raises(containerfile.ContainerfileError, match=message):
        containerfile.parse(text)


def test_continued_lines_and_stages():
    stages = containerfile.parse("FROM a AS one\nRUN x \\\n# between\n  && y\nFROM b\nCOPY --from=one /x /z/\n")
    assert stages[0].steps[0].text .split() == ["x", "&&", "y"]
    assert containerfile.copy_arguments(stages[1].steps[0].text) == ("one", ["/x", "/z/"])
