#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0

"""Draws pictures with and without a standing figure, laid out like COCO. Labelled synthetic: no
photograph is in them, and what a network learns from them says nothing about people.

    python make_synthetic_photographs.py OUT_DIR --count 48 --seed 1

A figure has a head, a body, two arms and two legs; pictures without one have the same parts lying
apart, so that brightness and the number of edges do not tell the classes apart. Writes
OUT_DIR/annotations/instances_val2017.json and OUT_DIR/val2017/*.jpg. Needs numpy and Pillow; equal
arguments give equal pictures.
"""

import argparse
import json
import pathlib

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIZE = 128
PERSON = 1


def background(random):
    """A slope of two colours, a few plain boxes, some grain."""
    corner = random.uniform(30, 220, (2, 3))
    slope = np.linspace(0, 1, SIZE)[:, None, None] * random.uniform(0.4, 1.0)
    pixels = corner[0] * (1 - slope) + corner[1] * slope + np.zeros((SIZE, SIZE, 3))
    image = Image.fromarray(pixels.astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(random.integers(2, 6)):
        x, y = random.integers(0, SIZE, 2)
        w, h = random.integers(8, 50, 2)
        draw.rectangle([x, y, x + w, y + h], fill=tuple(random.integers(20, 230, 3).tolist()))
    return image


def parts(random, height):
    """(name, offset of the middle from the figure's, half width, half height), of a figure."""
    head = height * random.uniform(0.09, 0.12)
    arm = random.uniform(0.12, 0.2) * height
    return [
        ("ellipse", (0, -0.40 * height), head, head * 1.15),
        ("ellipse", (0, -0.10 * height), 0.13 * height, 0.22 * height),
        ("limb", (-arm, -0.12 * height), 0.035 * height, 0.17 * height),
        ("limb", (arm, -0.12 * height), 0.035 * height, 0.17 * height),
        ("limb", (-0.07 * height, 0.28 * height), 0.045 * height, 0.20 * height),
        ("limb", (0.07 * height, 0.28 * height), 0.045 * height, 0.20 * height),
    ]


def paint(draw, kind, middle, w, h, colour):
    box = [middle[0] - w, middle[1] - h, middle[0] + w, middle[1] + h]
    if kind == "ellipse":
        draw.ellipse(box, fill=colour)
    else:
        draw.rounded_rectangle(box, radius=w, fill=colour)


def picture(random, has_figure):
    """The image and the figure's box (x, y, width, height)."""
    image = background(random)
    draw = ImageDraw.Draw(image)
    height = random.uniform(60, 105)
    middle = np.array([random.uniform(40, SIZE - 40), random.uniform(52, SIZE - 52)])
    mean = np.asarray(image).mean()
    shade = random.uniform(0, 60) if mean > 120 else random.uniform(190, 250)
    for kind, offset, w, h in parts(random, height):
        colour = tuple(int(c) for c in np.clip(shade + random.uniform(-25, 25, 3), 0, 255))
        at = middle + offset if has_figure else random.uniform(15, SIZE - 15, 2)
        if not has_figure and random.random() < 0.5:
            w, h = h, w
        paint(draw, kind, at, w, h, colour)
    image = image.filter(ImageFilter.GaussianBlur(random.uniform(0.3, 1.0)))
    grain = random.normal(0, random.uniform(1, 6), (SIZE, SIZE, 1))
    pixels = np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8)
    x, y = middle - [0.2 * height, 0.5 * height]
    return Image.fromarray(pixels), [round(float(v), 1) for v in (x, y, 0.4 * height, height)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=48)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    random = np.random.default_rng(arguments.seed)
    for folder in ("annotations", "val2017"):
        (arguments.output / folder).mkdir(parents=True, exist_ok=True)
    images, annotations = [], []
    for number in range(1, arguments.count + 1):
        has_figure = number % 2 == 0
        image, box = picture(random, has_figure)
        name = f"{number:012}.jpg"
        image.save(arguments.output / "val2017" / name, quality=70)
        images.append({"id": number, "file_name": name, "width": SIZE, "height": SIZE})
        if has_figure:
            annotations.append(
                {"id": number, "image_id": number, "category_id": PERSON, "bbox": box, "iscrowd": 0}
            )
    content = {
        "info": {"description": "synthetic: drawn by make_synthetic_photographs.py"},
        "categories": [{"id": PERSON, "name": "person", "supercategory": "person"}],
        "images": images,
        "annotations": annotations,
    }
    path = arguments.output / "annotations/instances_val2017.json"
    path.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
