# SPDX-License-Identifier: Apache-2.0

"""The Slurm example of docs/cluster.md, as it stands there, on a cluster of this one machine."""

import json
import os
import re
import shutil
import socket
import subprocess
import time

import pytest
import scenario_files
from conftest import ROOT

PROGRAMS = ("slurmctld", "slurmd", "sbatch", "sinfo")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def program(name):
    return shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")


@pytest.fixture
def slurm(tmp_path):
    """Environment of a cluster whose controller and only node are two processes of this test."""
    missing = [name for name in PROGRAMS if program(name) is None]
    if missing:
        pytest.skip(f"Slurm is not here (no {', '.join(missing)})")
    if os.geteuid() != 0:
        pytest.skip("this test's cluster has no authentication, which Slurm allows to root only")
    folder = tmp_path / "slurm"
    folder.mkdir()
    host = socket.gethostname().split(".")[0]
    configuration = folder / "slurm.conf"
    configuration.write_text(
        f"ClusterName=one\nSlurmctldHost={host}(127.0.0.1)\nSlurmUser=root\nSlurmdUser=root\n"
        f"AuthType=auth/none\nCredType=cred/none\nSlurmctldPort={free_port()}\nSlurmdPort={free_port()}\n"
        f"StateSaveLocation={folder}\nSlurmdSpoolDir={folder}/spool\nSlurmctldPidFile={folder}/c.pid\nSlurmdPidFile={folder}/d.pid\n"
        "ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\nSelectType=select/cons_tres\nMpiDefault=none\n"
        "JobAcctGatherType=jobacct_gather/none\nReturnToService=2\nSlurmdParameters=config_overrides\n"
        f"NodeName={host} NodeAddr=127.0.0.1 CPUs=16 State=UNKNOWN\nPartitionName=all Nodes={host} Default=YES State=UP\n"
    )
    environment = {**os.environ, "SLURM_CONF": str(configuration), "PATH": f"{ROOT}/build/bin:{os.environ['PATH']}"}
    processes = []
    for name in ("slurmctld", "slurmd"):
        log = (folder / f"{name}.log").open("w")
        processes.append(subprocess.Popen([program(name), "-D", "-f", configuration], env=environment, stdout=log, stderr=log))
    try:
        deadline = time.monotonic() + 30
        while "idle" not in subprocess.run(["sinfo"], env=environment, capture_output=True, text=True).stdout:
            if time.monotonic() > deadline:
                pytest.skip("Slurm does not start on this machine: " + (folder / "slurmd.log").read_text()[-500:])
            time.sleep(0.5)
        yield environment
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait(timeout=20)


def test_job_array(kenning, slurm, tmp_path):
    scenario_files.write(tmp_path, scenario_files.load("magic-wand-synthetic.json"))
    text = json.loads((tmp_path / "scenario.json").read_text())
    text["dataset"]["parameters"].update(dataset_root=str(ROOT / "scenarios/data/magic-wand-synthetic"), split_fraction_test=1.0)
    text["model_wrapper"]["parameters"]["model_path"] = str(ROOT / "models/magic-wand/magic_wand.h5")
    (tmp_path / "scenario.json").write_text(json.dumps(text))
    for words in ("optimize",), ("test", "--measurements", "one.json"):
        result = kenning(words[0], "--json-cfg", "scenario.json", *words[1:], cwd=tmp_path)
        assert result.returncode == 0, result.stderr

    page = (ROOT / "docs" / "cluster.md").read_text()
    script = re.search(r"```bash\n(#!/bin/bash\n.*?)```", page, re.S)[1]
    (tmp_path / "array.sh").write_text(script)
    merge = re.findall(r"^    (array=.*|sbatch --dependency.*)$", page, re.M)
    assert len(merge) == 2
    commands = "\n".join(merge).replace("sbatch --dependency", "sbatch --wait --dependency")
    subprocess.run(["bash", "-ec", commands], cwd=tmp_path, env=slurm, check=True, timeout=200, capture_output=True)

    one, many = (json.loads((tmp_path / name).read_text()) for name in ("one.json", "results.json"))
    for key in ("eval_confusion_matrix", "total", "protocol_inference_step", "protocol_inference_step_timestamp", "opcode_counters",
                "executed_instructions", "profiler_timestamps", "simulator_profile", "allocation_stats"):  # fmt: skip
        assert one[key] == many[key], key
    assert many["total"] == 160
