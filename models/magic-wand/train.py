#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Trains magic_wand.h5 on the training split of the real recordings and measures it on the rest.

    dump_samples magic-wand RECORDINGS windows/  # developer program of host/dataset
    pip install -r requirements.txt
    python train.py windows/ magic_wand.h5

The windows, labels and the split come from the project's own loader, so what is held back here is
what `kenning test` runs. Nothing about the held-back windows is used before the final measurement:
no early stopping, no choice among runs. Seeded, and one thread, so that runs can be compared.
"""

import argparse
import os
import pathlib

os.environ["KERAS_BACKEND"] = "jax"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import keras
import numpy as np

SEED = 2026
CLASSES = ["wing", "ring", "slope", "negative"]
EPOCHS = 120
COPIES = 6  # augmented copies of each window in an epoch
# Accelerations come in milli-g. The optimiser works on g; the factor is folded into the first
# kernel afterwards, which is exact because that layer pads with zeros.
INPUT_SCALE = np.float32(1e-3)


def network():
    """The network of kenning-contract, section 4.1: 4300 parameters."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((128, 3, 1), name="input_1"),
            layers.Conv2D(8, (4, 3), padding="same", activation="relu", name="conv2d"),
            layers.MaxPooling2D((3, 3), name="max_pooling2d"),
            layers.Dropout(0.1, name="dropout"),
            layers.Conv2D(16, (4, 1), padding="same", activation="relu", name="conv2d_1"),
            layers.MaxPooling2D((3, 1), padding="same", name="max_pooling2d_1"),
            layers.Dropout(0.1, name="dropout_1"),
            layers.Flatten(name="flatten"),
            layers.Dense(16, activation="relu", name="dense"),
            layers.Dropout(0.1, name="dropout_2"),
            layers.Dense(4, activation="softmax", name="out_layer"),
        ],
        name="magic_wand",
    )


def warp_time(window, speed, shift):
    """The gesture `speed` times as fast, moved by `shift` rows; the ends are repeated."""
    rows = len(window)
    at = np.clip((np.arange(rows) - rows / 2 - shift) * speed + rows / 2, 0, rows - 1)
    return np.stack([np.interp(at, np.arange(rows), window[:, axis]) for axis in range(3)], axis=1)


def tilt(generator, degrees):
    """A small random rotation: nobody holds the wand twice alike."""
    a, b, c = np.radians(generator.normal(0, degrees, 3))
    x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return x @ y @ z


def augment(window, generator):
    """Another person's version of a gesture."""
    window = warp_time(window, generator.uniform(0.8, 1.25), generator.uniform(-12, 12))
    window = window @ tilt(generator, 6).T
    window *= generator.uniform(0.85, 1.15)
    return window + generator.normal(0, 15, window.shape)


def augmented(windows, labels, generator):
    copies = [windows] + [
        np.stack([augment(w, generator) for w in windows]) for _ in range(COPIES)
    ]
    return np.concatenate(copies), np.tile(labels, COPIES + 1)


def fold_input_scale(model):
    kernel, bias = model.get_layer("conv2d").get_weights()
    model.get_layer("conv2d").set_weights([kernel * INPUT_SCALE, bias])


def confusion_matrix(model, windows, labels):
    matrix = np.zeros((len(CLASSES), len(CLASSES)), int)
    for actual, predicted in zip(labels, model.predict(windows[..., None], verbose=0).argmax(1)):
        matrix[actual, predicted] += 1
    return matrix


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("windows", type=pathlib.Path, help="folder written by dump_samples")
    parser.add_argument("model", type=pathlib.Path, help="the .h5 to write")
    arguments = parser.parse_args()

    def numbers(name):
        return np.loadtxt(arguments.windows / name, dtype=int)

    windows = np.fromfile(arguments.windows / "samples.bin", np.float32).reshape(-1, 128, 3)
    labels, train, test = numbers("labels.txt"), numbers("train.txt"), numbers("test.txt")
    assert not set(train) & set(test)

    keras.utils.set_random_seed(SEED)
    generator = np.random.default_rng(SEED)
    model = network()
    assert model.count_params() == 4300
    # "negative" has a quarter of the windows of each gesture; without weights it is hardly learnt.
    counts = np.bincount(labels[train], minlength=len(CLASSES))
    weights = {c: len(train) / len(CLASSES) / n for c, n in enumerate(counts)}
    rate = keras.optimizers.schedules.CosineDecay(
        3e-3, EPOCHS * (COPIES + 1) * len(train) // 64, alpha=0.01
    )
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    for epoch in range(EPOCHS):
        x, y = augmented(windows[train].astype(np.float64), labels[train], generator)
        order = generator.permutation(len(x))
        x = (x * INPUT_SCALE).astype(np.float32)[..., None]
        history = model.fit(
            x[order], y[order], batch_size=64, shuffle=False, class_weight=weights, verbose=0
        )
        if epoch % 10 == 9:
            print(f"epoch {epoch + 1}: loss {history.history['loss'][0]:.4f}", flush=True)

    fold_input_scale(model)
    for name, subset in (("training", train), ("held-back test", test)):
        matrix = confusion_matrix(model, windows[subset], labels[subset])
        print(f"{name} windows: accuracy {matrix.trace() / matrix.sum():.4f} of {matrix.sum()}")
        print("rows actual, columns predicted:", ", ".join(CLASSES))
        print(matrix)
    model.save(arguments.model, include_optimizer=False)


if __name__ == "__main__":
    main()
