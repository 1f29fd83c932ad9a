"""VTK rectilinear grids: the one format of other programs that keeps slices of varying thickness."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray

from synthfib.data.milling import MillingPlan
from synthfib.data.positions import mean_voxel_size_nm

_HEAD = """<?xml version="1.0"?>
<VTKFile type="RectilinearGrid" version="1.0" byte_order="LittleEndian" header_type="UInt64">
<RectilinearGrid WholeExtent="{extent}">
<Piece Extent="{extent}">
<Coordinates>
{coordinates}
</Coordinates>
<CellData>
{cells}
</CellData>
</Piece>
</RectilinearGrid>
<AppendedData encoding="raw">
_"""
_TAIL = """
</AppendedData>
</VTKFile>
"""
# Each array follows its length in bytes.
_LENGTH = np.dtype("<u8")


def edges_nm(plan: MillingPlan, shape: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the edges of the cells along z, y and x in nm.

    A cell reaches from its face to the next one. What lies behind the last face was never measured; its cell gets the mean thickness.
    """
    thickness_nm, y_nm, x_nm = mean_voxel_size_nm(plan)
    z = np.append(plan.positions_nm, plan.positions_nm[-1] + thickness_nm)
    y, x = (np.asarray(np.arange(count + 1) * size, np.float64) for count, size in zip(shape, (y_nm, x_nm), strict=True))
    return (np.asarray(z, np.float64), y, x)


def write_rectilinear_grid(path: Path, cells: Mapping[str, NDArray[Any]], plan: MillingPlan) -> None:
    """Write arrays ``(slice, y, x)`` as cell data of a ``.vtr`` file (XML with raw binary data) with edges at the true positions in nm."""
    first = next(iter(cells.values()))
    z, y, x = edges_nm(plan, (first.shape[1], first.shape[2]))
    # VTK runs through x fastest, as C order of (slice, y, x) does.
    arrays = [np.ascontiguousarray(array, array.dtype.newbyteorder("<")) for array in (x, y, z, *cells.values())]
    offsets = np.cumsum([0, *(_LENGTH.itemsize + array.nbytes for array in arrays)]).tolist()
    names = ["x_nm", "y_nm", "z_nm", *cells]
    elements = [_element(name, array, offset) for name, array, offset in zip(names, arrays, offsets[:-1], strict=True)]
    extent = f"0 {x.size - 1} 0 {y.size - 1} 0 {z.size - 1}"
    with path.open("wb") as file:
        file.write(_HEAD.format(extent=extent, coordinates="\n".join(elements[:3]), cells="\n".join(elements[3:])).encode())
        for array in arrays:
            file.write(np.array(array.nbytes, _LENGTH).tobytes())
            file.write(array.data)
        file.write(_TAIL.encode())


def _element(name: str, array: NDArray[Any], offset: int) -> str:
    kind = array.dtype.name.replace("uint", "UInt").replace("float", "Float")
    return f'<DataArray type="{kind}" Name={quoteattr(name)} format="appended" offset="{offset}"/>'
