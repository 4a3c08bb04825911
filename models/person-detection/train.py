#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Trains the small int8 network of scenarios/person-detection-synthetic.json.

    python make_synthetic_photographs.py photographs/ --count 1600 --seed 2
    dump_samples visual-wake-words photographs/ samples/   # developer program of host/dataset
    python train.py samples/ synthetic_person.tflite

The samples come from the project's own loader, in the bytes that the device gets. The pictures that
the scenario tests are drawn from another seed and are not used here. Needs tensorflow and numpy.
"""

import argparse
import pathlib

import numpy as np
import tensorflow as tf

SIDE = 96
# As the loader quantises (kenning-contract, section 3.4); the converter finds it again because the
# calibration set reaches both ends of the range.
SCALE, ZERO_POINT = 0.007843137718737125, -1
SEED, EPOCHS, HELD_BACK = 7, 12, 0.15


def network():
    layers = tf.keras.layers
    return tf.keras.Sequential(
        [
            layers.Input((SIDE, SIDE, 1)),
            layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(6.0),
            layers.DepthwiseConv2D(3, strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(6.0),
            layers.Conv2D(16, 1, activation="relu"),
            layers.DepthwiseConv2D(3, strides=2, padding="same", activation="relu"),
            layers.Conv2D(24, 1, activation="relu"),
            layers.DepthwiseConv2D(3, strides=2, padding="same", activation="relu"),
            layers.Conv2D(32, 1, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.2),
            layers.Dense(2, activation="softmax"),
        ]
    )


def converted(model, samples):
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    ends = np.stack([np.full((SIDE, SIDE, 1), v, np.float32) for v in (-127 * SCALE, 128 * SCALE)])
    calibration = np.concatenate([ends, samples[:200]]).astype(np.float32)
    converter.representative_dataset = lambda: ([sample[None]] for sample in calibration)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("samples", type=pathlib.Path, help="folder written by dump_samples")
    parser.add_argument("output", type=pathlib.Path)
    arguments = parser.parse_args()
    tf.keras.utils.set_random_seed(SEED)
    labels = np.loadtxt(arguments.samples / "labels.txt", dtype=int)
    raw = np.fromfile(arguments.samples / "samples.bin", np.int8).reshape(-1, SIDE, SIDE, 1)
    samples = (raw.astype(np.float32) - ZERO_POINT) * SCALE
    held_back = int(len(samples) * HELD_BACK)
    train, test = slice(held_back, None), slice(0, held_back)
    model = network()
    model.compile(
        optimizer=tf.keras.optimizers.Adam(2e-3),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(samples[train], labels[train], epochs=EPOCHS, batch_size=32, verbose=2)
    _, accuracy = model.evaluate(samples[test], labels[test], verbose=0)
    print(f"held-back accuracy, float32: {accuracy:.4f}, {model.count_params()} parameters")
    arguments.output.write_bytes(converted(model, samples[train]))


if __name__ == "__main__":
    main()
