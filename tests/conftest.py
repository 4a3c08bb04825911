# SPDX-License-Identifier: Apache-2.0

"""What the Python tests share: where the built programs lie and where the shared material lies."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
KENNING = ROOT / "build" / "bin" / "kenning"
SHARED = pathlib.Path(os.environ.get("KN_SHARED", ROOT.parent / "shared"))


@pytest.fixture(scope="session")
def kenning():
    """kenning(args…, cwd=…, limit_s=…): runs the built tool; gives exit code, standard output, standard error."""

    def run(*args, cwd=ROOT, limit_s=300, env=None):
        return subprocess.run(
            [str(KENNING), *map(str, args)],
            cwd=cwd,
            # Compiled modules are kept with the build, not in the home folder.
            env={"KENNING_CACHE_DIR": str(ROOT / "build" / "cache"), **os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limit_s,
        )

    return run


@pytest.fixture(scope="session")
def shared():
    """shared("spec/corpus"): a path in the shared material; the test skips where that is absent."""

    def find(relative):
        path = SHARED / relative
        if not path.exists():
            pytest.skip(f"the shared material is absent (no shared/{relative} beside the checkout, and KN_SHARED is not set to it)")
        return path

    return find
