# SPDX-License-Identifier: Apache-2.0

"""URIs in scenarios against a local server: cache, checksums, resume, TLS, no network; and the scenarios of the predecessor."""

import json
import socket

import pytest
import scenario_files
from conftest import ROOT
from file_server import FileServer, make_certificate, with_md5

MODEL = (ROOT / "models" / "magic-wand" / "magic_wand.h5").read_bytes()
MODEL_URI = "kenning:///models/classification/magic_wand.h5"
MODEL_PATH = "/kenning/models/classification/magic_wand.h5"


@pytest.fixture
def server():
    started = FileServer(with_md5({MODEL_PATH: MODEL}))
    yield started
    started.stop()


@pytest.fixture
def optimize(kenning, tmp_path):
    """optimize(server, model=…): compiles the synthetic scenario's model from that URI with a cache of its own."""

    def run(server, model=MODEL_URI, scenario=None, **more):
        text = scenario_files.load("magic-wand-synthetic.json")
        text["model_wrapper"]["parameters"]["model_path"] = model
        path = scenario or scenario_files.write(tmp_path, text)
        environment = {
            "KENNING_CACHE_DIR": str(tmp_path / "cache"),
            "KENNING_MIRRORS": f"kenning={server.url}/kenning gh={server.url}/gh" if server else "",
            **more,
        }
        return kenning("optimize", "--cfg", path, env=environment)

    return run


def check(result, code, *parts):
    text = result.stdout + result.stderr
    assert result.returncode == code, text
    for part in parts:
        assert part in text, f"'{part}' is missing in:\n{text}"


def cached(tmp_path):
    return tmp_path / "cache/downloads/kenning/models/classification/magic_wand.h5"


def test_model_from_a_uri_and_then_from_the_cache(optimize, server, tmp_path):
    check(optimize(server), 0, "Downloaded ")
    assert cached(tmp_path).read_bytes() == MODEL
    check(optimize(server), 0, "Using cached")
    assert [path for path, _ in server.requests].count(MODEL_PATH) == 1
    check(optimize(server, KENNING_OFFLINE="1"), 0, "Using cached")


def test_a_changed_file_is_downloaded_again(optimize, server):
    check(optimize(server), 0)
    server.files = with_md5({MODEL_PATH: b"another model"})
    check(optimize(server), 2, "Downloaded ")


def test_a_damaged_file_is_downloaded_again(optimize, server, tmp_path):
    check(optimize(server), 0)
    cached(tmp_path).write_bytes(MODEL[:1000])
    check(optimize(server), 0, "Downloaded ")
    assert cached(tmp_path).read_bytes() == MODEL


def test_a_server_without_checksums(optimize, server, tmp_path):
    del server.files[MODEL_PATH + ".md5"]
    check(optimize(server), 0, "has no checksum on its server")
    check(optimize(server), 0, "Using cached")


def test_a_wrong_checksum_keeps_nothing(optimize, server, tmp_path):
    server.files[MODEL_PATH + ".md5"] = b"0" * 32
    check(optimize(server), 1, "the checksum is wrong", MODEL_PATH)
    assert not cached(tmp_path).exists()


def test_a_broken_download_is_continued(optimize, server, tmp_path):
    server.break_after[MODEL_PATH] = 5000
    check(optimize(server), 1, "cannot be downloaded")
    assert not cached(tmp_path).exists()
    check(optimize(server), 0)
    assert cached(tmp_path).read_bytes() == MODEL
    assert (MODEL_PATH, "bytes=5000-") in server.requests


def test_a_broken_download_of_another_version_starts_again(optimize, server, tmp_path):
    server.files[MODEL_PATH] = b"x" * 20_000
    server.break_after[MODEL_PATH] = 5000
    check(optimize(server), 1, "cannot be downloaded")
    server.files[MODEL_PATH] = MODEL
    check(optimize(server), 0)
    assert cached(tmp_path).read_bytes() == MODEL


def test_without_a_network(optimize, server, tmp_path):
    check(optimize(server), 0)
    server.stop()
    check(optimize(server), 0, "Cannot check the remote state, using local file")
    cached(tmp_path).unlink()
    check(optimize(server), 1, "cannot be downloaded", "name a local file", "/model_wrapper/parameters/model_path")
    check(optimize(server, KENNING_OFFLINE="1"), 1, "KENNING_OFFLINE")


def test_absent_on_the_server(optimize, server):
    check(optimize(server, "kenning:///models/none.h5"), 1, "is not there (HTTP 404)", "/kenning/models/none.h5")


def test_scenario_from_a_repository(optimize, server, tmp_path):
    scenario = scenario_files.load("magic-wand-synthetic.json")
    scenario["model_wrapper"]["parameters"]["model_path"] = MODEL_URI
    scenario["optimizers"][0]["parameters"]["compiled_model_path"] = str(tmp_path / "m.vmfb")
    server.files["/gh/owner/repo/main/dir/s.json"] = json.dumps(scenario).encode()
    check(optimize(server, scenario="gh://owner:repo/dir/s.json;branch=main"), 0, "m.vmfb")
    check(optimize(server, scenario="gh://owner:repo/dir/s.json"), 2, "branch")
    # The same path in another repository is another file.
    check(optimize(server, scenario="gh://owner:other/dir/s.json;branch=main"), 1, "is not there (HTTP 404)")


def test_cache_size_limit(optimize, server, tmp_path):
    other = MODEL + b"tail"
    server.files.update(with_md5({"/kenning/b.h5": other}))
    check(optimize(server), 0)
    check(optimize(server, "kenning:///b.h5", KENNING_MAX_CACHE_SIZE=str(len(MODEL) + 1000)), 0)
    assert not cached(tmp_path).exists()
    assert (tmp_path / "cache/downloads/kenning/b.h5").read_bytes() == other
    check(optimize(server, KENNING_MAX_CACHE_SIZE="much"), 2, "KENNING_MAX_CACHE_SIZE")


def test_download_limits(optimize, server):
    check(optimize(server, KENNING_DOWNLOAD_MAX_SIZE="10"), 1, "is larger than 10 bytes")
    check(optimize(server, KENNING_DOWNLOAD_TIMEOUT="soon"), 2, "KENNING_DOWNLOAD_TIMEOUT")
    check(optimize(server, KENNING_DOWNLOAD_TIMEOUT="60", KENNING_DOWNLOAD_MAX_SIZE="1000000"), 0)


def test_tls(optimize, tmp_path):
    certificate = make_certificate(tmp_path)
    if certificate is None:
        pytest.skip("the program openssl is not here to make a certificate with")
    server = FileServer(with_md5({"/m.h5": MODEL}), certificate)
    try:
        check(optimize(server, f"{server.url}/m.h5"), 1, "cannot be downloaded", "certificate")
        check(optimize(server, f"{server.url}/m.h5", CURL_CA_BUNDLE=certificate[0]), 0, "Downloaded ")
        # Not from https to http.
        assert len([path for path, _ in server.requests if path == "/m.h5"]) == 1
    finally:
        server.stop()


def test_a_silent_server_does_not_hang_the_tool(kenning, tmp_path):
    """Ctrl-C and the limits of a transfer; here a server that accepts and says nothing is given up on request."""
    import signal
    import subprocess
    import time

    listener = socket.create_server(("127.0.0.1", 0))
    scenario = scenario_files.load("magic-wand-synthetic.json")
    scenario["model_wrapper"]["parameters"]["model_path"] = f"http://127.0.0.1:{listener.getsockname()[1]}/m.h5"
    path = scenario_files.write(tmp_path, scenario)
    process = subprocess.Popen(
        [ROOT / "build/bin/kenning", "optimize", "--cfg", path],
        env={"KENNING_CACHE_DIR": str(tmp_path / "cache")}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, text = process.communicate(timeout=10)
    listener.close()
    assert process.returncode == 1 and "stopped by the user" in text, text


FLAGS_OF_2023 = [
    "iree-llvm-debug-symbols=false",
    "iree-vm-bytecode-module-strip-source-map=true",
    "iree-vm-emit-polyglot-zip=false",
    "iree-llvm-target-triple=riscv32-pc-linux-elf",
    "iree-llvm-target-cpu=generic-rv32",
    "iree-llvm-target-cpu-features=+m,+f,+zvl512b,+zve32x,+zve32f",
    "iree-llvm-target-abi=ilp32",
]


@pytest.mark.parametrize("prebuilt", [True, False], ids=["prebuilt", "own build"])
def test_scenario_as_the_predecessor_ships_it(kenning, server, tmp_path, prebuilt):
    """Its platform block, its URIs, its paths and its flags of 2023 run on the built-in simulator."""
    platform = {"name": "rv32-springbok", "simulated": True, "profiler_dump_path": "build/profiler.dump", "uart_port": "/tmp/uart"}
    if not prebuilt:
        platform["runtime_binary_path"] = "build/build-riscv/iree-runtime/iree_runtime"
        platform["resc_dependencies"] = ["sim/config/platforms/springbok.repl", "third-party/x/SpringbokRiscV32.cs"]
    scenario = {
        "platform": {"type": "BareMetalPlatform", "parameters": platform},
        "dataset": {
            "type": "kenning.datasets.magic_wand_dataset.MagicWandDataset",
            "parameters": {"dataset_root": str(ROOT / "scenarios/data/magic-wand-synthetic"), "download_dataset": False},
        },
        "model_wrapper": {
            "type": "kenning.modelwrappers.classification.tflite_magic_wand.MagicWandModelWrapper",
            "parameters": {"model_path": MODEL_URI},
        },
        "optimizers": [
            {
                "type": "kenning.optimizers.iree.IREECompiler",
                "parameters": {
                    "compiled_model_path": "./model.vmfb",
                    "backend": "llvm-cpu",
                    "model_framework": "keras",
                    "compiler_args": FLAGS_OF_2023,
                },
            }
        ],
    }
    path = scenario_files.write(tmp_path, scenario)
    environment = {"KENNING_CACHE_DIR": str(tmp_path / "cache"), "KENNING_MIRRORS": f"kenning={server.url}/kenning"}
    result = kenning("optimize", "test", "--json-cfg", path, "--measurements", tmp_path / "r.json", env=environment)
    check(result, 0, "is called --iree-llvmcpu-target-triple", "is for Renode")
    if not prebuilt:
        check(result, 0, "is the predecessor's; the firmware built with this program is used")
    results = json.loads((tmp_path / "r.json").read_text())
    assert results["total"] == 32
    # What is recorded names the model as the scenario does.
    assert results["build_cfg"]["model_wrapper"]["parameters"]["model_path"] == MODEL_URI


def test_yaml_scenario(kenning, tmp_path):
    scenario = scenario_files.load("magic-wand-synthetic.json")
    optimizer = scenario["optimizers"][0]["parameters"]
    path = tmp_path / "scenario.yml"
    path.write_text(
        "# the synthetic scenario\n"
        "platform: {type: BareMetalPlatform, parameters: {name: rv32-springbok, simulated: yes}}\n"
        "dataset:\n"
        "  type: MagicWandDataset\n"
        "  parameters:\n"
        f"    dataset_root: {ROOT}/scenarios/data/magic-wand-synthetic\n"
        "    download_dataset: no\n"
        f"model_wrapper: {{type: MagicWandModelWrapper, parameters: {{model_path: {ROOT}/models/magic-wand/magic_wand.h5}}}}\n"
        "optimizers:\n"
        "- type: IREECompiler\n"
        "  parameters:\n"
        f"    compiled_model_path: {tmp_path}/m.vmfb\n"
        "    compiler_args:\n" + "".join(f"    - {flag}\n" for flag in optimizer["compiler_args"])
    )
    result = kenning("optimize", "test", "--cfg", path, "--measurements", tmp_path / "r.json")
    assert result.returncode == 0, result.stderr
    path.write_text(path.read_text().replace("dataset_root", "dataset_rot"))
    result = kenning("optimize", "test", "--cfg", path, "--measurements", tmp_path / "r.json")
    assert result.returncode == 2
    assert "scenario.yml:6#/dataset/parameters/dataset_rot" in result.stderr, result.stderr
