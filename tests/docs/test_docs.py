# SPDX-License-Identifier: Apache-2.0

"""The documentation builds, and its commands run.

Executed is each block marked ```sh of the pages below and each indented command of the README, page by
page in one folder that looks like a clone with its build: scenarios, models and build are links or copies,
what a command writes stays there. Blocks marked ```console are shown, not run.
"""

import os
import re
import signal
import subprocess
import sys

import pytest
from conftest import ROOT

PAGES = ["README.md", "docs/tutorial.md", "docs/own-model.md", "docs/simulator.md"]
MAKE_TARGETS = re.compile(r"^\s*make ([a-z-]+)", re.MULTILINE)


def fenced_blocks(text):
    return re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def indented_blocks(text):
    return [
        "".join(line[4:] for line in block.splitlines(keepends=True))
        for block in re.findall(r"(?:^    .*\n)+", text, re.MULTILINE)
    ]


def commands_of(page):
    text = (ROOT / page).read_text()
    blocks = indented_blocks(text) if page == "README.md" else fenced_blocks(text)
    return [block for block in blocks if not MAKE_TARGETS.search(block)]


@pytest.fixture()
def clone(tmp_path):
    """A folder that looks like a clone after `make build`, where writing harms nobody."""
    for name in ("scenarios", "models", "platforms"):
        if (ROOT / name).exists():
            (tmp_path / name).symlink_to(ROOT / name)
    build = tmp_path / "build"
    build.mkdir()
    for name in ("bin", "firmware", "share", "venv"):
        (build / name).symlink_to(ROOT / "build" / name)
    return tmp_path


@pytest.mark.parametrize("page", PAGES)
def test_commands_run(page, clone):
    blocks = commands_of(page)
    assert blocks, "a page without commands needs no test"
    environment = {**os.environ, "PATH": f"{ROOT}/build/bin:{os.environ['PATH']}"}
    # One shell a page, so that `&` and `$!` work across blocks as they do for a reader.
    script = "set -e\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n" + "\n".join(f"echo '== block {i}' >&2\n{block}" for i, block in enumerate(blocks))
    shell = subprocess.Popen(
        ["bash", "-c", script], cwd=clone, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        output, _ = shell.communicate(timeout=300)
    except subprocess.TimeoutExpired:
        os.killpg(shell.pid, signal.SIGKILL)
        output, _ = shell.communicate()
        pytest.fail(f"{page} did not end within 300 s:\n{output}")
    assert shell.returncode == 0, f"{page}:\n{output}"


@pytest.mark.parametrize("page", PAGES)
def test_no_block_of_commands_is_forgotten(page):
    """Each block of an executed page is marked as run or as only shown; the README's are the indented ones."""
    text = (ROOT / page).read_text()
    if page == "README.md":
        assert "```" not in text
        return
    assert set(re.findall(r"^```(.*)\n(?:.*\n)*?```$", text, re.MULTILINE)) <= {"sh", "console"}
    assert indented_blocks(re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)) == []


@pytest.mark.parametrize("page", [*PAGES, *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").glob("*.md"))])
def test_make_targets_exist(page):
    makefile = (ROOT / "Makefile").read_text()
    for target in set(MAKE_TARGETS.findall((ROOT / page).read_text())):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{page} names `make {target}`"


def test_sphinx_builds_the_pages_without_a_warning(tmp_path):
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", ROOT / "docs", tmp_path],
        capture_output=True, text=True, timeout=180,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    assert (tmp_path / "tutorial.html").exists()


def test_links_between_files_lead_somewhere():
    broken = []
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "*.md"], capture_output=True, text=True, check=True).stdout
    for name in listed.split():
        page = ROOT / name
        for target in re.findall(r"\]\(([^)<>#:]+)(?:#[^)]*)?\)", page.read_text()):
            if not (page.parent / target).exists():
                broken.append(f"{name}: {target}")
    assert not broken, broken
