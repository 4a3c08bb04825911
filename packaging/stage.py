#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Lays out in build/package what the .deb holds beside the two programs.

usage: packaging/stage.py

Needs what `make build` made, and the firmware of every board. Below build/package/prefix: firmware images of all boards, the page's charting
bundle, scenarios with their models and data, and a scenario whose model is compiled already. Below
build/package/usr: man pages, completion, copyright notices and the bill of materials (SPDX 2.3). The same
commit gives the same bytes: times are the commit's, lists are sorted.
"""

import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
STAGE = BUILD / "package"
NAME = "springbok-iree"
INSTALLED = pathlib.Path("/usr/lib") / NAME
PROGRAMS = {
    "kenning": "compile networks, run them on a bare-metal RISC-V device, report",
    "springbok-sim": "simulate the Springbok RISC-V core with vector extension",
}
SUBCOMMANDS = ("optimize", "test", "report", "run", "info", "sweep", "merge", "completion")
SHELLS = {
    "bash": "share/bash-completion/completions/kenning",
    "zsh": "share/zsh/vendor-completions/_kenning",
    "fish": "share/fish/vendor_completions.d/kenning.fish",
}
# Taken into the programs or images themselves, so no dependency of the package names them.
EMBEDDED = (
    ("libasmjit-dev", "statically linked into the programs"),
    ("nlohmann-json3-dev", "header library compiled into the programs"),
    ("libc++-19-dev", "header library compiled into the firmware"),
    ("picolibc-riscv64-unknown-elf", "C headers used for the firmware"),
)


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def write_compressed(path, text):
    """Without name and time in the header, so that equal texts are equal files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as stream:
        stream.write(text.encode())


def board_images():
    """board preset -> the names of its firmware images, as CMake has them."""
    presets = json.loads((ROOT / "CMakePresets.json").read_text())["configurePresets"]
    images = {}
    for preset in presets:
        board = preset.get("cacheVariables", {}).get("KN_BOARD")
        if board is not None:
            listed = re.search(r"set\(KN_BOARD_IMAGES ([^)]*)\)", (ROOT / "board" / board / "images.cmake").read_text())[1]
            images[preset["name"]] = [name for name in listed.split() if name.startswith("firmware")]
    return images


def stage_firmware(prefix):
    for board, names in board_images().items():
        for name in names:
            image = BUILD / "firmware" / board / f"{name}.elf"
            if not image.exists():
                sys.exit(f"stage.py: build/firmware/{board}/{name}.elf is not there: cmake --workflow --preset {board}")
            target = prefix / "firmware" / board / image.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(image, target)


def rebased_paths(value, place_of):
    """A scenario's values, with each path into this tree replaced by what place_of makes of it."""
    if isinstance(value, dict):
        return {key: rebased_paths(item, place_of) for key, item in value.items()}
    if isinstance(value, list):
        return [rebased_paths(item, place_of) for item in value]
    if isinstance(value, str) and value.startswith(("./scenarios/", "./models/")):
        return place_of(value[2:])
    return value


def installed_paths(scenario):
    return rebased_paths(scenario, lambda path: str(INSTALLED / path))


def stage_scenarios(prefix):
    for folder in ("scenarios", "models"):
        for name in run("git", "-C", ROOT, "ls-files", folder).splitlines():
            if name.endswith((".py", ".md")) and folder == "models":
                continue
            target = prefix / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.suffix == ".json" and target.parent == prefix / "scenarios":
                write(target, json.dumps(installed_paths(json.loads((ROOT / name).read_text())), indent=2) + "\n")
            else:
                shutil.copyfile(ROOT / name, target)


def stage_platforms(prefix):
    for name in run("git", "-C", ROOT, "ls-files", "platforms").splitlines():
        target = prefix / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)


def stage_compiled_model(prefix):
    """The Magic Wand model, compiled by the pinned compiler, and the scenario that needs no compiler."""
    source = json.loads((ROOT / "scenarios" / "magic-wand-synthetic.json").read_text())
    scenario = installed_paths(source)
    compiled = STAGE / "compiled"
    compiled.mkdir(parents=True)
    # Not from a cache: what ships is what this compiler makes of this model now.
    environment = {**os.environ, "KENNING_CACHE_DIR": str(compiled / "cache")}
    here = rebased_paths(source, lambda path: str(ROOT / path))
    here["optimizers"][0]["parameters"]["compiled_model_path"] = "magic_wand.vmfb"
    write(compiled / "scenario.json", json.dumps(here))
    run(BUILD / "bin" / "kenning", "optimize", "--json-cfg", "scenario.json", cwd=compiled, env=environment)
    for name in ("magic_wand.vmfb", "magic_wand.vmfb.json"):
        shutil.copyfile(compiled / name, prefix / "models" / "magic-wand" / name)
    scenario["optimizers"][0]["parameters"]["compiled_model_path"] = str(
        INSTALLED / "models" / "magic-wand" / "magic_wand.vmfb"
    )
    write(prefix / "scenarios" / "magic-wand-prebuilt.json", json.dumps(scenario, indent=2) + "\n")


def roff(text):
    """Text as roff shows it, line by line."""
    lines = text.replace("\\", "\\e").replace("-", "\\-").splitlines()
    return "\n".join("\\&" + line if line.startswith((".", "'")) else line for line in lines)


def man_page(program, subcommands, version, day, summary):
    title = "\\-".join((program, *subcommands)).upper()
    help_text = run(BUILD / "bin" / program, *subcommands, "--help")
    usage, _, rest = help_text.partition("\n")
    return (
        f'.TH {title} 1 "{day}" "{NAME} {version}"\n'
        f".SH NAME\n{roff('-'.join((program, *subcommands)))} \\- {roff(summary)}\n"
        f".SH SYNOPSIS\n.nf\n{roff(usage.removeprefix('usage: '))}\n.fi\n"
        f".SH DESCRIPTION\n.nf\n{roff(rest.strip())}\n.fi\n"
        f".SH SEE ALSO\n/usr/share/doc/{NAME}\n"
    )


def stage_manual(usr, version, day):
    folder = usr / "share" / "man" / "man1"
    for program, summary in PROGRAMS.items():
        write_compressed(folder / f"{program}.1.gz", man_page(program, (), version, day, summary))
    for subcommand in SUBCOMMANDS:
        page = man_page("kenning", (subcommand,), version, day, f"the subcommand {subcommand}")
        write_compressed(folder / f"kenning-{subcommand}.1.gz", page)


def stage_completion(usr):
    for shell, place in SHELLS.items():
        write(usr / place, run(BUILD / "bin" / "kenning", "completion", shell))


def debian_package_of(library):
    """(name, version) of the package that a shared library comes from."""
    for path in (library, os.path.realpath(library), library.removeprefix("/usr")):
        found = subprocess.run(["dpkg-query", "-S", path], capture_output=True, text=True).stdout
        if found:
            name = found.split(":")[0]
            return name, run("dpkg-query", "-W", "-f=${Version}", name)
    return None


def linked_packages():
    """Debian packages whose libraries the programs name themselves (not what those need in turn)."""
    wanted = set()
    paths = {}
    for program in PROGRAMS:
        binary = BUILD / "bin" / program
        for line in run("readelf", "-d", binary).splitlines():
            if "(NEEDED)" in line:
                wanted.add(line.split("[")[1].rstrip("]"))
        for line in run("ldd", binary).splitlines():
            words = line.split()
            if len(words) > 2 and words[1] == "=>":
                paths[words[0]] = words[2]
    return sorted(filter(None, {debian_package_of(paths[name]) for name in wanted if name in paths}))


def embedded_packages():
    packages = []
    for name, how in EMBEDDED:
        found = subprocess.run(["dpkg-query", "-W", "-f=${Version}", name], capture_output=True, text=True).stdout
        if found:
            packages.append((name, found, how))
    bundle = run(
        BUILD / "venv" / "bin" / "python", "-c", "import importlib.metadata as m; print(m.version('vl-convert-python'))"
    ).strip()
    packages.append(("vl-convert-python", bundle, "source of the vega-embed bundle (Vega, Vega-Lite, vega-embed)"))
    return packages


def bill_of_materials(version, commit, day_and_time):
    packages = [
        {
            "SPDXID": "SPDXRef-Package",
            "name": NAME,
            "versionInfo": version,
            "downloadLocation": "NOASSERTION",
            "filesAnalyzed": False,
            "licenseConcluded": "Apache-2.0",
            "licenseDeclared": "Apache-2.0",
            "copyrightText": "NOASSERTION",
            "sourceInfo": f"git commit {commit}",
        }
    ]
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-Package")]

    def add(name, found, relation, comment):
        identifier = "SPDXRef-" + "".join(c if c.isalnum() or c in ".-" else "-" for c in name)
        packages.append(
            {
                "SPDXID": identifier,
                "name": name,
                "versionInfo": found,
                "downloadLocation": "NOASSERTION",
                "filesAnalyzed": False,
                "licenseConcluded": "NOASSERTION",
                "licenseDeclared": "NOASSERTION",
                "copyrightText": "NOASSERTION",
                "comment": comment,
            }
        )
        relations.append(("SPDXRef-Package", relation, identifier))

    for name, found in linked_packages():
        add(name, found, "DYNAMIC_LINK", "shared library of the distribution")
    for name, found, how in embedded_packages():
        add(name, found, "CONTAINS", how)
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"{NAME}-{version}",
        "documentNamespace": f"urn:{NAME}:{version}:{commit}",
        "creationInfo": {"created": day_and_time, "creators": ["Tool: packaging/stage.py"]},
        "packages": packages,
        "relationships": [
            {"spdxElementId": a, "relationshipType": relation, "relatedSpdxElement": b} for a, relation, b in relations
        ],
    }


def set_times(folder, seconds):
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (seconds, seconds))


def main():
    version = run(BUILD / "bin" / "kenning", "--version").split()[1]
    commit = run("git", "-C", ROOT, "rev-parse", "HEAD").strip()
    seconds = int(run("git", "-C", ROOT, "log", "-1", "--format=%ct"))
    moment = time.gmtime(seconds)
    shutil.rmtree(STAGE, ignore_errors=True)
    prefix, usr = STAGE / "prefix", STAGE / "usr"

    stage_firmware(prefix)
    (prefix / "share").mkdir(parents=True)
    shutil.copyfile(BUILD / "share" / "vega-embed.js", prefix / "share" / "vega-embed.js")
    stage_scenarios(prefix)
    stage_platforms(prefix)
    stage_compiled_model(prefix)
    stage_manual(usr, version, time.strftime("%Y-%m-%d", moment))
    stage_completion(usr)
    documents = usr / "share" / "doc" / NAME
    write(documents / "copyright", (ROOT / "packaging" / "copyright").read_text())
    materials = bill_of_materials(version, commit, time.strftime("%Y-%m-%dT%H:%M:%SZ", moment))
    write(documents / "sbom.spdx.json", json.dumps(materials, indent=2) + "\n")
    set_times(STAGE, seconds)


if __name__ == "__main__":
    main()
