#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Writes samples/RELEASE/MODEL.vmfb: what `make test` runs of the matrix. Run it when a model changes.

Of releases that the shared corpus does not hold, every generation of the formats; compiled without
debug information, so that all of them together stay below 1.5 MB.
"""

import shutil

import cases
import matrix
import releases

RELEASES = "20230228.444 20230524.529 20231004.665 20240410.859 20240828.999 3.3.0 3.5.0 3.8.0 3.12.0".split()
TOO_LARGE = ("large_weights",)
FOLDER = matrix.ROOT / "tests" / "matrix" / "samples"


def main():
    small = next(variant for variant in releases.VARIANTS if variant.name == "small")
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name in RELEASES:
        for model in cases.own_models():
            if model.name in TOO_LARGE:
                continue
            module, refused = matrix.compile_module(matrix.Job(releases.release(name), model, small))
            if module is None:
                print(f"{name} {model.name}: {refused}")
                continue
            target = FOLDER / name / f"{model.name}.vmfb"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(module, target)
    print(f"{sum(path.stat().st_size for path in FOLDER.rglob('*.vmfb'))} bytes")


if __name__ == "__main__":
    main()
