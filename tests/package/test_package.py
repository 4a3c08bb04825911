# SPDX-License-Identifier: Apache-2.0

"""The .deb that `make package` makes."""

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

import numpy
import pytest
from conftest import ROOT

sys.path.append(str(ROOT / "packaging"))
import stage  # noqa: E402

BUILD = ROOT / "build"
INSTALLED = "/usr/lib/springbok-iree"


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=300, **options).stdout


def make_package():
    """The steps of `make package` after the build, from nothing; returns the file's bytes."""
    shutil.rmtree(BUILD / "host" / "_CPack_Packages", ignore_errors=True)
    for old in BUILD.glob("springbok-iree_*.deb"):
        old.unlink()
    run(ROOT / "packaging" / "stage.py")
    run("cmake", "-DKN_PACKAGE=ON", BUILD / "host")
    seconds = run("git", "-C", ROOT, "log", "-1", "--format=%ct").strip()
    run("cpack", cwd=BUILD / "host", env={**os.environ, "SOURCE_DATE_EPOCH": seconds})
    (package,) = BUILD.glob("springbok-iree_*.deb")
    return package


@pytest.fixture(scope="module")
def package():
    if not shutil.which("dpkg-shlibdeps"):
        pytest.skip("dpkg-dev is not installed, so the package's dependencies cannot be found out")
    for board in stage.board_images():
        run("cmake", "--workflow", "--preset", board, cwd=ROOT)
    return make_package()


@pytest.fixture(scope="module")
def unpacked(package, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    run("dpkg-deb", "--extract", package, folder)
    return folder


def test_the_same_commit_gives_the_same_bytes(package):
    first = hashlib.sha256(package.read_bytes()).hexdigest()
    assert hashlib.sha256(make_package().read_bytes()).hexdigest() == first


IMAGES = ("springbok/firmware", "springbok/firmware_sensor", "qemu-virt/firmware", "qemu-virt-rv64/firmware")


def test_it_holds_what_a_user_expects(unpacked):
    for path in (
        "usr/bin/kenning",
        "usr/bin/springbok-sim",
        "usr/share/doc/springbok-iree/sbom.spdx.json",
        "usr/share/bash-completion/completions/kenning",
        "usr/share/zsh/vendor-completions/_kenning",
        "usr/share/fish/vendor_completions.d/kenning.fish",
        "usr/share/doc/springbok-iree/copyright",
        f"{INSTALLED[1:]}/scenarios/magic-wand-prebuilt.json",
        f"{INSTALLED[1:]}/platforms/qemu-virt.sh",
        f"{INSTALLED[1:]}/platforms/run-simulation.sh",
    ):
        assert os.path.lexists(unpacked / path), path
    firmware = unpacked / INSTALLED[1:] / "firmware"
    packed = {str(image.relative_to(firmware).with_suffix("")) for image in firmware.rglob("*.elf")}
    assert packed == set(IMAGES), "the firmware of every board, and nothing else"


def test_each_program_and_subcommand_has_a_page(unpacked):
    section = run(BUILD / "bin" / "kenning", "--help").split("\nsubcommands:\n")[1].split("\n\n")[0]
    subcommands = re.findall(r"^  ([a-z]+) ", section, re.M)
    assert {"optimize", "test", "report", "run", "info"} <= set(subcommands)
    for name in ["kenning", "springbok-sim", *(f"kenning-{subcommand}" for subcommand in subcommands)]:
        page = gzip.open(unpacked / f"usr/share/man/man1/{name}.1.gz", "rt").read()
        assert ".SH SYNOPSIS" in page and "--help" in page.replace("\\-", "-"), name


def test_an_image_that_was_not_built_is_named(unpacked, tmp_path, monkeypatch):
    monkeypatch.setattr(stage, "BUILD", tmp_path)
    with pytest.raises(SystemExit, match="springbok/firmware.elf is not there"):
        stage.stage_firmware(tmp_path / "prefix")


def test_nothing_in_it_names_the_place_it_was_built(unpacked):
    for path in unpacked.rglob("*"):
        if path.is_file() and not path.is_symlink():
            assert str(ROOT).encode() not in path.read_bytes(), path


def test_the_bill_of_materials_names_what_is_linked(unpacked):
    materials = json.loads((unpacked / "usr/share/doc/springbok-iree/sbom.spdx.json").read_text())
    assert materials["spdxVersion"] == "SPDX-2.3"
    identifiers = [package["SPDXID"] for package in materials["packages"]]
    assert len(identifiers) == len(set(identifiers))
    for relation in materials["relationships"]:
        assert relation["relatedSpdxElement"] in identifiers
    names = {package["name"] for package in materials["packages"]}
    depends = run("dpkg-deb", "--field", next(BUILD.glob("springbok-iree_*.deb")), "Depends")
    linked = {re.split(r"[ (]", item.strip())[0] for item in depends.split(",")}
    assert {"libfmt9", "libarchive13"} & linked <= names
    assert len(linked - names) <= 2, f"not in the bill: {linked - names}"


def run_installed(unpacked, folder, command):
    """In a mount namespace of its own, where the package's files lie over the machine's and the clone is not there."""
    probe = subprocess.run(["unshare", "--mount", "true"], capture_output=True)
    if probe.returncode != 0:
        pytest.skip("no mount namespace can be made here (root is needed)")
    script = f"""
        set -e
        mount -t overlay overlay -o lowerdir={unpacked}/usr/lib:/usr/lib /usr/lib
        mount -t tmpfs tmpfs {ROOT}
        exec env -i PATH=/usr/bin:/bin HOME={folder} TMPDIR={folder} {command}
    """
    ran = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", script],
        cwd=folder, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    if "mount:" in ran.stderr:
        pytest.skip(f"nothing can be mounted here: {ran.stderr.strip()}")
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_the_prebuilt_scenario_runs_without_a_clone(unpacked, tmp_path):
    run_installed(
        unpacked, tmp_path,
        f"{INSTALLED}/bin/kenning test report --json-cfg {INSTALLED}/scenarios/magic-wand-prebuilt.json"
        " --measurements results.json --report-path out/ --to-html",
    )  # fmt: skip
    assert json.loads((tmp_path / "results.json").read_text())["total"] == 32
    assert (tmp_path / "out/report/report.html").stat().st_size > 100_000


def test_the_prebuilt_model_runs_on_qemu_without_a_clone(unpacked, tmp_path):
    if not shutil.which("qemu-system-riscv32"):
        pytest.skip("QEMU's system emulator is not installed (package qemu-system-misc)")
    numpy.save(tmp_path / "x.npy", numpy.ones((1, 128, 3, 1), numpy.float32))
    shown = [
        run_installed(
            unpacked, tmp_path,
            f"{INSTALLED}/bin/kenning run {INSTALLED}/models/magic-wand/magic_wand.vmfb --input x.npy --simulator {place}",
        )
        for place in ("builtin", "qemu")
    ]  # fmt: skip
    assert "1x4xf32" in shown[0] and shown[0] == shown[1]
