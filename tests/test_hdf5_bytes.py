from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from synthfib.data import hdf5


def test_bytes_do_not_depend_on_who_holds_a_dataset_for_how_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 255, (1, 8, 32, 32), np.uint8), rng.integers(0, 2, (8, 32, 32), np.uint8)
    create, held = hdf5.create_dataset, []

    def create_and_hold(*arguments: Any) -> Any:
        held.append(create(*arguments))
        return held[-1]

    for name, function in (("free.h5", create), ("held.h5", create_and_hold)):
        monkeypatch.setattr(hdf5, "create_dataset", function)
        with h5py.File(tmp_path / name, "w") as file:
            hdf5.write_dataset(file, "images", images, "channel,slice,y,x")
            file["positions_nm"] = np.arange(8.0)
            hdf5.write_dataset(file, "labels", labels, "slice,y,x")
    assert len(held) == 2
    assert (tmp_path / "held.h5").read_bytes() == (tmp_path / "free.h5").read_bytes()
