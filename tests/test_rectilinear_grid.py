"""VTK rectilinear grids: every slice as thick as it was, axes not swapped."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthfib.data.milling import MillingPlan
from synthfib.data.rectilinear_grid import write_rectilinear_grid

PLAN = MillingPlan(np.array([5.0, 12.0, 27.0, 35.0]), (2.5, 3.0))
CELLS: dict[str, np.ndarray] = {
    "2kev-bse": np.arange(4 * 5 * 6, dtype=np.uint16).reshape(4, 5, 6),
    "labels": (np.arange(4 * 5 * 6) % 2).astype(np.uint8).reshape(4, 5, 6),
}
Z_EDGES = [5.0, 12.0, 27.0, 35.0, 45.0]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_rectilinear_grid(tmp_path / "v.vtr", CELLS, PLAN)
    return tmp_path / "v.vtr"


def raw_arrays(file: Path) -> tuple[str, dict[str, np.ndarray]]:
    """Extent and arrays of a file with appended raw data, read without VTK."""
    mark = b'<AppendedData encoding="raw">'
    head, _, data = file.read_bytes().partition(mark)
    root = ElementTree.fromstring(head + mark + b"</AppendedData></VTKFile>")
    assert root.attrib["byte_order"] == "LittleEndian"
    data = data[data.index(b"_") + 1 :]
    dtypes = {"UInt8": "<u1", "UInt16": "<u2", "Float64": "<f8"}
    arrays = {}
    for entry in root.iter("DataArray"):
        start = int(entry.attrib["offset"])
        size = int(np.frombuffer(data, np.dtype("<u8"), 1, start)[0])
        arrays[entry.attrib["Name"]] = np.frombuffer(data[start + 8 : start + 8 + size], np.dtype(dtypes[entry.attrib["type"]]))
    piece = next(root.iter("Piece"))
    return piece.attrib["Extent"], arrays


def test_the_file_holds_cells_between_true_positions(file: Path) -> None:
    extent, arrays = raw_arrays(file)
    assert extent.split() == ["0", "6", "0", "5", "0", "4"]
    assert arrays["z_nm"].tolist() == Z_EDGES, "the last slice is as thick as the mean"
    assert arrays["y_nm"].tolist() == [0, 2.5, 5, 7.5, 10, 12.5]
    assert arrays["x_nm"].tolist() == [0, 3, 6, 9, 12, 15, 18]
    for name, pixels in CELLS.items():
        assert arrays[name].dtype == pixels.dtype
        assert np.array_equal(arrays[name].reshape(pixels.shape), pixels)


def test_vtk_reads_it(file: Path) -> None:
    reading: Any = pytest.importorskip("vtkmodules.vtkIOXML", reason="VTK itself is half a gigabyte")
    core: Any = pytest.importorskip("vtkmodules.vtkCommonCore")
    to_numpy: Any = pytest.importorskip("vtkmodules.util.numpy_support").vtk_to_numpy
    reader = reading.vtkXMLRectilinearGridReader()
    reader.SetFileName(str(file))
    reader.Update()
    grid = reader.GetOutput()
    assert to_numpy(grid.GetZCoordinates()).tolist() == Z_EDGES
    assert grid.GetBounds() == (0, 18, 0, 12.5, 5, 45)
    for name, pixels in CELLS.items():
        assert np.array_equal(to_numpy(grid.GetCellData().GetArray(name)).reshape(pixels.shape), pixels)
    cell = grid.FindCell((7.0, 11.0, 20.0), None, 0, 0.0, core.reference(0), [0.0] * 3, [0.0] * 8)
    assert to_numpy(grid.GetCellData().GetArray("2kev-bse"))[cell] == CELLS["2kev-bse"][1, 4, 2]
