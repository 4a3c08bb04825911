#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Makes the small synthetic gesture set that the demo runs on when there are no real recordings.

    python make_synthetic_gestures.py make ../../scenarios/data/magic-wand-synthetic
    python make_synthetic_gestures.py fit RECORDINGS      # rewrites gesture_statistics.json

Nobody performed these gestures. `fit` takes from real recordings, for each class, how long gestures
are and mean and spread of the first cosine coefficients of each axis, over the duration of the
gesture; `make` draws from those distributions with a fixed seed and writes the text format of the
real recordings. No real recording can be recovered from the statistics. Needs NumPy only.
"""

import argparse
import json
import pathlib

import numpy as np

CLASSES = ["wing", "ring", "slope", "negative"]
STATISTICS = pathlib.Path(__file__).with_name("gesture_statistics.json")
COEFFICIENTS = 18  # of each axis; what is left is treated as noise
FILES = 4  # of each class
RECORDINGS = 10  # in each file
SEED = 20_260_723


def cosine_basis(rows):
    """Orthonormal: `basis @ signal` gives coefficients, `basis.T @ coefficients` the signal."""
    k, t = np.arange(COEFFICIENTS)[:, None], np.arange(rows)[None, :]
    basis = np.cos(np.pi * k * (t + 0.5) / rows) * np.sqrt(2 / rows)
    basis[0] /= np.sqrt(2)
    return basis


def recordings_of(folder):
    for path in sorted(folder.glob("[!.]*.txt")):
        rows = []
        for line in path.read_text(errors="replace").splitlines():
            fields = line.strip().split(",")
            if len(fields) != 3:
                continue
            try:
                rows.append([float(field) for field in fields])
            except ValueError:
                if rows:
                    yield np.array(rows)
                rows = []


def fit(arguments):
    statistics = {}
    for name in CLASSES:
        lengths, coefficients, noise = [], [], []
        for recording in recordings_of(arguments.folder / name):
            basis = cosine_basis(len(recording))
            # Divided by the square root of the length, so that the duration does not matter.
            found = basis @ recording / np.sqrt(len(recording))
            lengths.append(len(recording))
            coefficients.append(found)
            noise.append(recording - basis.T @ found * np.sqrt(len(recording)))
        statistics[name] = {
            "rows_mean": round(float(np.mean(lengths)), 1),
            "rows_spread": round(float(np.std(lengths)), 1),
            "noise": [round(float(v)) for v in np.concatenate(noise).std(axis=0)],
            "mean": np.mean(coefficients, axis=0).round(1).T.tolist(),
            "spread": np.std(coefficients, axis=0).round(1).T.tolist(),
        }
    STATISTICS.write_text(json.dumps(statistics, indent=1).replace(",\n    ", ", ") + "\n")


def gesture(statistics, generator):
    rows = int(np.clip(generator.normal(statistics["rows_mean"], statistics["rows_spread"]), 50, 125))
    mean, spread = np.array(statistics["mean"]).T, np.array(statistics["spread"]).T
    coefficients = generator.normal(mean, spread) * np.sqrt(rows)
    signal = cosine_basis(rows).T @ coefficients
    signal += generator.normal(0, statistics["noise"], signal.shape)
    return signal.round(0).clip(-3995, 3995)  # the sensor's range, 4 g


def make(arguments):
    statistics = json.loads(STATISTICS.read_text())
    generator = np.random.default_rng(SEED)
    for name in CLASSES:
        folder = arguments.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(1, FILES + 1):
            lines = ["synthetic recordings; made by make_synthetic_gestures.py", "-,-,-"]
            for _ in range(RECORDINGS):
                lines += ["%.1f,%.1f,%.1f" % tuple(row) for row in gesture(statistics[name], generator)]
                lines.append("-,-,-")
            (folder / f"synthetic_{name}_{number}.txt").write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    for action in (make, fit):
        command = commands.add_parser(action.__name__)
        command.add_argument("folder", type=pathlib.Path)
        command.set_defaults(action=action)
    arguments = parser.parse_args()
    arguments.action(arguments)


if __name__ == "__main__":
    main()
