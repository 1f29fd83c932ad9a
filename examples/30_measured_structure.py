"""A measured structure, imaged virtually and segmented by a trained network.

Run ``python examples/30_measured_structure.py STRUCTURE MODEL [FOLDER] [THRESHOLD]`` with a grey volume of a porous metal and the
``unet.safetensors`` of the demo. The structure is shrunk so that a voxel is a pixel of the training images, which is right when its
ligaments are then about as thick as the trained ones; the script prints how thick.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from synthfib.benchmark.leaderboard import leaderboard
from synthfib.catalogue import load_microscope
from synthfib.corpus.acquire import slice_and_view
from synthfib.data.readers import read_volume
from synthfib.data.volume import LabelVolume
from synthfib.evaluation.overlap import Confusion, scores
from synthfib.physics.materials import material
from synthfib.report.figures import face_gallery, milling_section
from synthfib.segmentation.choosing import ready_segmenter

PIXEL_SIZE_NM = 2.5  # of the training images


def mean_chord_nm(volume: LabelVolume) -> float:
    """Mean length of solid along the three axes, the ligament diameter 4 V/S of an isotropic structure."""
    solid = volume.labels > 0
    chords = []
    for axis, size_nm in enumerate(volume.voxel_size_nm):
        ends = np.count_nonzero(np.diff(solid, axis=axis))
        chords.append(solid.sum() * size_nm / (ends / 2))
    return float(np.mean(chords))


def main(structure: Path, model: Path, folder: Path, threshold: float) -> None:
    measured = read_volume(structure, threshold=threshold, phases=(material("epoxy"), material("gold")))
    scale = PIXEL_SIZE_NM / measured.voxel_size_nm[1]
    z_nm, y_nm, x_nm = (size * scale for size in measured.voxel_size_nm)
    shrunk = replace(measured, voxel_size_nm=(z_nm, y_nm, x_nm))
    print(f"{structure.name}: ligaments of {mean_chord_nm(measured):.0f} nm, shrunk {1 / scale:.1f} times to {mean_chord_nm(shrunk):.1f} nm")

    stack = slice_and_view(shrunk, load_microscope("helios-g3-multi-voltage"), energies_kev=[2.0], rng=1)
    predictions, rows = {}, []
    for name in ("otsu", "kmeans", str(model)):
        predictions[Path(name).stem] = ready_segmenter(name).predict(replace(stack, labels=None, phases=(), depth_to_solid_nm=None)) >= 0.5
    for name, predicted in predictions.items():
        found = scores(Confusion.of(predicted, stack.labels))
        rows.append({"method": name, **found, "mp_percent": 100 * found["mp"], "mgp_percent": 100 * found["mgp"]})
    print(leaderboard(rows))
    face_gallery(stack, predictions, [stack.shape[1] // 4, 3 * stack.shape[1] // 4]).savefig(folder / "measured-faces.png")
    milling_section(stack, predictions).savefig(folder / "measured-section.png")
    (folder / "measured-scores.json").write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    arguments = dict(enumerate(sys.argv))
    main(Path(arguments[1]), Path(arguments[2]), Path(arguments.get(3, ".")), float(arguments.get(4, "127")))
