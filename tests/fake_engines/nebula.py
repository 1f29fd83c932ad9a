"""Stands in for Nebula: the same files and the same rules at boundaries, but an electron that meets matter is reflected or lost at once.

A material file holds the chance of reflection. The reflected electron keeps 80 % of its energy, takes a secondary electron of half of it
along, and leaves a slow one behind; all of them go back along the normal of what reflected them, tilted by 30 degrees.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

MIRROR, VACUUM, DETECTOR, TERMINATOR = -122, -123, -126, -127
RECORD = np.dtype([("r", "<f4", 3), ("d", "<f4", 3), ("energy", "<f4"), ("tag", "<i4", 2)])


def main(arguments: list[str]) -> None:
    seed = int(arguments[arguments.index("--seed") + 1])
    geometry, primaries, *materials = [a for i, a in enumerate(arguments) if not a.startswith("--") and not arguments[i - 1].startswith("--")]
    table = np.loadtxt(geometry, ndmin=2)
    corners = table[:, 2:].reshape(-1, 3, 3)
    sides = table[:, :2].astype(int)
    if sides.max() >= len(materials):
        sys.exit("Error: not enough materials provided for this geometry!")
    reflectivity = [float(Path(path).read_text()) for path in materials]
    electrons = np.fromfile(primaries, RECORD)
    low, high = corners.min((0, 1)), corners.max((0, 1))
    if not ((electrons["r"] > low) & (electrons["r"] < high)).all():
        sys.exit("primary electrons starting outside geometry")
    sys.stdout.buffer.write(trace(corners, sides, reflectivity, electrons, np.random.default_rng(seed)).tobytes())
    sys.stderr.write("Progress 100.00%\n")


def trace(corners: Any, sides: Any, reflectivity: list[float], electrons: Any, rng: Any) -> Any:
    electrons = electrons.copy()
    detected = []
    for _ in range(20):
        if electrons.size == 0:
            break
        first, behind, normal = meet(corners, sides, electrons["r"].astype(float), electrons["d"].astype(float))
        electrons["r"] += first[:, None] * electrons["d"]
        detected.append(electrons[behind == DETECTOR])
        mirrored = behind == MIRROR
        d = electrons["d"][mirrored]
        electrons["d"][mirrored] = d - 2 * (d * normal[mirrored]).sum(1, keepdims=True) * normal[mirrored]
        chance = np.array([reflectivity[b] if b >= 0 else 0.0 for b in behind])
        reflected = rng.random(behind.size) < chance
        back = -normal[reflected]
        sideways = np.roll(back, 1, axis=1)
        electrons["d"][reflected] = np.cos(np.pi / 6) * back + np.sin(np.pi / 6) * sideways
        primary = electrons[reflected]
        primary["energy"] *= 0.8
        secondary, slow = primary.copy(), primary.copy()
        secondary["energy"] *= 0.5
        slow["energy"] = 20
        electrons = np.concatenate([electrons[mirrored], primary, secondary, slow])
    return np.concatenate(detected)


def meet(corners: Any, sides: Any, r: Any, d: Any) -> Any:
    """Return how far each electron flies in vacuum, what is behind the first triangle it meets, and the normal there, along its way."""
    e1, e2 = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    normals = np.cross(e1, e2)
    along = d @ normals.T
    behind = np.where(along > 0, sides[:, 1], sides[:, 0])
    p = np.cross(d[:, None], e2)
    with np.errstate(divide="ignore", invalid="ignore"):
        determinant = (p * e1).sum(2)
        s = r[:, None] - corners[:, 0]
        u = (s * p).sum(2) / determinant
        q = np.cross(s, e1)
        v = (q * d[:, None]).sum(2) / determinant
        t = (q * e2).sum(2) / determinant
        hit = (u >= -1e-6) & (v >= -1e-6) & (u + v <= 1 + 1e-6) & (t > 1e-4) & (behind != VACUUM)
    t = np.where(hit, t, np.inf)
    nearest = t.argmin(1)
    each = np.arange(len(r))
    if not np.isfinite(t[each, nearest]).all():
        sys.exit("an electron left the box")
    unit = normals / np.linalg.norm(normals, axis=1, keepdims=True)
    sign = np.sign(along[each, nearest])[:, None]
    return t[each, nearest], behind[each, nearest], sign * unit[nearest]


if __name__ == "__main__":
    main(sys.argv[1:])
