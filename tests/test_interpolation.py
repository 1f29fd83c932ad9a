"""Interpolation between faces: the contract of every registered method, and what sets each apart."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import label

from synthfib.errors import InputError, SynthfibError
from synthfib.reconstruction.interpolation import INTERPOLATORS, Interpolator, bracket, interpolate
from synthfib.reconstruction.interpolation._hole_kernels import fill_small_holes
from synthfib.reconstruction.interpolation.inpainting import Inpainting
from synthfib.reconstruction.interpolation.linear import Linear
from synthfib.reconstruction.interpolation.nearest import Nearest
from synthfib.reconstruction.interpolation.ready import ready_method
from synthfib.reconstruction.interpolation.shape_based import ShapeBased, signed_distance
from synthfib.reconstruction.interpolation.spline import CubicSpline
from synthfib.reconstruction.interpolation.spline_weights import spline_weights
from synthfib.testing.interpolators import InterpolatorContract, planes_between, smooth_structure, uneven_depths


class TestContract(InterpolatorContract):
    @pytest.fixture(params=INTERPOLATORS.names())
    def method(self, request: pytest.FixtureRequest) -> Interpolator:
        try:
            made = ready_method(request.param, (1.0, 2.0, 4.0))
        except (ImportError, SynthfibError) as error:
            pytest.skip(f"{request.param}: {error}")
        assert made.name == request.param
        return made


class TestLinearShapes(InterpolatorContract):
    @pytest.fixture
    def method(self) -> Interpolator:
        return ShapeBased(order="linear", reach_pixels=np.inf)


def columns(*values: int) -> np.ndarray:
    """Faces of 3 x 3 pixels that are all solid or all pore."""
    return np.broadcast_to(np.array(values, bool)[:, None, None], (len(values), 3, 3))


def along_z(method: Interpolator, faces: np.ndarray, depths: list[float]) -> list[int]:
    (found,) = interpolate(faces, depths, method)
    return [int(value) for value in found[:, 1, 1]]


def test_half_way_nearest_keeps_the_upper_face_and_lines_the_solid() -> None:
    assert along_z(Nearest(), columns(0, 1, 0), [0, 4, 8]) == [0, 0, 0, 1, 1, 1, 1, 0, 0]
    assert along_z(Linear(), columns(0, 1, 0), [0, 4, 8]) == [0, 0, 1, 1, 1, 1, 1, 0, 0]
    assert along_z(CubicSpline(), columns(0, 1, 1, 0), [0, 4, 8, 12]) == [0, 0] + [1] * 9 + [0, 0]


def test_spline_weights_are_those_of_scipy_and_fade_away() -> None:
    depths = uneven_depths(4, 72).astype(float)
    weights = spline_weights(depths, (0, int(depths[-1]) + 1))
    assert np.allclose(weights.sum(axis=1), 1, atol=1e-5)
    assert np.allclose(weights @ np.sin(depths / 9), np.sin(np.arange(len(weights)) / 9), atol=0.02)
    assert np.abs(weights[8, np.searchsorted(depths, 8) + 8 :]).max() < 1e-4


def test_enclosed_holes_are_filled_as_label_counts_them() -> None:
    """Against connected components of every zx section, with a structure that is nothing but holes."""
    rng = np.random.default_rng(1)
    solid = rng.random((24, 5, 30)) < 0.72
    measured = np.zeros(24, bool)
    measured[[0, 11, 23]] = True
    for most in (1, 4, 19):
        expected = solid.copy()
        for y in range(solid.shape[1]):
            pores = np.empty(solid[:, y].shape, np.int32)
            label(~solid[:, y], output=pores)
            seen = set(np.concatenate([pores[measured].ravel(), pores[[0, -1]].ravel(), pores[:, [0, -1]].ravel()]).tolist())
            for pore in range(1, pores.max() + 1):
                if pore not in seen and np.count_nonzero(pores == pore) <= most:
                    expected[:, y][pores == pore] = True
        filled = solid.copy()
        fill_small_holes(filled, measured, most)
        assert np.array_equal(filled, expected)
        assert filled.sum() > solid.sum()


def test_signed_distances_end_at_the_reach_and_change_sign_between_pixels() -> None:
    face = np.zeros((9, 9), bool)
    face[:, 4:] = True
    assert signed_distance(face, 2.0)[0].tolist() == [-2, -2, -1.5, -0.5, 0.5, 1.5, 2, 2, 2]
    assert (signed_distance(np.ones((3, 3), bool), np.inf) > 3).all()
    assert (signed_distance(np.zeros((3, 3), bool), 2.0) == -2).all()


def test_bands_of_rows_leave_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    depths, structure = uneven_depths(1), smooth_structure(1)
    (whole,) = interpolate(structure[depths], depths, ShapeBased())
    monkeypatch.setattr("synthfib.reconstruction.interpolation.shape_based._ROWS_AT_ONCE", 5)
    (bands,) = interpolate(structure[depths], depths, ShapeBased())
    assert np.array_equal(whole, bands)


def test_a_ligament_that_runs_at_an_angle_stays_one() -> None:
    """A rod that moves by its width from face to face: copies fall apart into steps, shapes move along."""
    z, _, x = np.mgrid[:33, :9, :80]
    rod = np.abs(x - 10 - 1.5 * z) < 4
    faces = rod[::4]
    missed = {
        method.name: float((np.concatenate(list(interpolate(faces, np.arange(9) * 4, method))) != rod).mean())
        for method in (Nearest(), CubicSpline(), ShapeBased())
    }
    assert missed["shape-based"] < 0.3 * missed["nearest"], missed
    assert missed["shape-based"] < 0.3 * missed["cubic-spline"], missed


def test_faces_are_read_once_and_only_near_the_block() -> None:
    depths = uneven_depths(1, 72)
    faces = smooth_structure(1, (72, 8, 8))[depths]

    class Counted:
        shape = faces.shape
        ranges: list[tuple[int, int]] = []  # noqa: RUF012

        def __getitem__(self, index: slice) -> np.ndarray:
            self.ranges.append((index.start, index.stop))
            return faces[index]

    source = Counted()
    for _ in interpolate(source, depths, ShapeBased(), block_planes=4):
        pass
    assert sum(stop - start for start, stop in source.ranges) == len(faces)
    assert source.ranges[0][1] <= 2 + 4 + ShapeBased.halo


def test_bracket_has_two_faces_at_least() -> None:
    depths = np.array([0.0, 4.0, 8.0])
    assert bracket(depths, (8, 9), 0) == slice(1, 3)
    assert bracket(depths, (0, 1), 0) == slice(0, 2)
    assert bracket(depths, (3, 6), 0) == slice(0, 3)
    assert bracket(depths, (5, 6), 5) == slice(0, 3)


@pytest.mark.parametrize(
    ("faces", "depths", "words"),
    [
        (columns(1), [0], "two faces"),
        (columns(1, 0), [0], "One depth per face"),
        (columns(1, 0), [3, 3], "strictly increasing"),
        (columns(1, 0), [0, np.nan], "finite"),
        (np.zeros((2, 3), bool), [0, 1], "face, y, x"),
    ],
)
def test_impossible_faces_are_one_sentence(faces: np.ndarray, depths: list[float], words: str) -> None:
    with pytest.raises(InputError, match=words):
        next(interpolate(faces, depths, Nearest()))


def test_half_precision_moves_next_to_nothing() -> None:
    structure, depths = smooth_structure(3), uneven_depths(3)
    whole, half = (planes_between(Inpainting(threads=1, half_precision=halved), structure[depths], depths) for halved in (False, True))
    assert (whole != half).mean() < 0.002
    assert (half != structure[: len(half)]).mean() < 0.1


def test_impossible_settings_are_one_sentence() -> None:
    with pytest.raises(InputError, match="one plane"):
        next(interpolate(columns(0, 1), [0, 4], Nearest(), block_planes=0))
    with pytest.raises(InputError, match="Holes of 0 to 20"):
        CubicSpline(hole_pixels=21)
    with pytest.raises(InputError, match="reach"):
        ShapeBased(reach_pixels=0)
    with pytest.raises(InputError, match="interpolation method"):
        INTERPOLATORS.load("cubic")
