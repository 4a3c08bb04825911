# SPDX-License-Identifier: Apache-2.0

"""The compiler releases that the firmware must understand, and the flags each of them wants.

Facts: shared spec iree-codegen.md (the list) and iree-formats.md, section 7 (the flags).
"""

import dataclasses

# In order of appearance.
NAMES = (
    "20230209.425 20230228.444 20230404.479 20230419.494 20230524.529 20230815.614 20231004.665 20231113.707 "
    "20231218.742 20240129.785 20240226.813 20240410.859 20240621.931 20240724.964 20240828.999 20241104.1068 "
    "2.9.0 3.0.0 3.1.0 3.2.0 3.3.0 3.4.0 3.5.0 3.6.0 3.7.0 3.8.0 3.9.0 3.10.0 3.11.0 3.12.0 3.13.0"
).split()


@dataclasses.dataclass(frozen=True)
class Release:
    name: str
    order: int

    @property
    def requirement(self):
        """What pip installs. The project was renamed with the release after 20241104.1068."""
        package = "iree-compiler" if self.name.startswith("20") else "iree-base-compiler"
        return f"{package}=={self.name}"

    @property
    def llvm_prefix(self):
        """Flags of the code generator changed their prefix on 2023-03-08."""
        return "--iree-llvm-" if self.name in ("20230209.425", "20230228.444") else "--iree-llvmcpu-"

    def target_flags(self):
        return [
            "--iree-hal-target-backends=llvm-cpu",
            f"{self.llvm_prefix}target-triple=riscv32-pc-linux-elf",
            f"{self.llvm_prefix}target-abi=ilp32",
            f"{self.llvm_prefix}target-cpu-features=+m,+f,+zvl512b,+zve32x,+zve32f",
        ]


RELEASES = [Release(name, order) for order, name in enumerate(NAMES)]


def release(name):
    return RELEASES[NAMES.index(name)]


def since(name):
    first = NAMES.index(name)
    return lambda candidate: candidate.order >= first


@dataclasses.dataclass(frozen=True)
class Variant:
    """A way to compile: further flags, the releases that know them, and whether all models go through it."""

    name: str
    what: str
    flags: object  # of a release
    knows: object = lambda _: True
    models: tuple = ()  # empty: all


LOOP_FLAGS = ("loop-unrolling=true", "loop-interleaving=true", "loop-vectorization=true", "slp-vectorization=true")

VARIANTS = [
    Variant("default", "target flags only", lambda _: []),
    Variant(
        "small",
        "no debug information, no names, not a ZIP file",
        lambda r: [
            f"{r.llvm_prefix}debug-symbols=false",
            "--iree-vm-bytecode-module-strip-source-map",
            "--iree-vm-emit-polyglot-zip=false",
        ],
        models=("variables", "network_f32", "dynamic_shapes", "element_types", "add_f32", "control_flow"),
    ),
    Variant(
        "loops",
        "loop unrolling, interleaving, loop and SLP vectorisation",
        lambda r: [r.llvm_prefix + flag for flag in LOOP_FLAGS],
        models=("network_f32", "dense_i8", "math_f32", "wand_f32", "mobile_i8"),
    ),
    Variant(
        "scalar",
        "no vector instructions",
        lambda r: [f"{r.llvm_prefix}target-cpu-features=+m,+f"],
        models=("network_f32", "dense_i8", "int64"),
    ),
    Variant(
        "async",
        "functions that take and signal fences",
        lambda _: ["--iree-execution-model=async-external"],
        models=("variables", "network_f32", "dynamic_shapes", "two_entries", "scalars", "stateful", "two_io"),
    ),
    Variant(
        "o3",
        "--iree-opt-level=O3",
        lambda _: ["--iree-opt-level=O3"],
        since("3.3.0"),
        models=("network_f32", "dense_i8", "many_dispatches", "math_f32", "control_flow"),
    ),
]
