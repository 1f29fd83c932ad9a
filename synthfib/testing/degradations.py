"""What every degradation must do; subclass `DegradationContract` and give it a `degradation` and a `neutral` one."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import is_dataclass
from typing import Any

import numpy as np
import pytest

from synthfib.data.milling import MillingPlan
from synthfib.data.stack import Channel
from synthfib.degradations.base import Degradation, Face, Run, Stage, plain
from synthfib.physics.materials import material


def run_and_faces(shape: tuple[int, int] = (70, 90), n_slices: int = 4) -> tuple[Run, list[Face]]:
    """Return two channels of a few faces of a checked structure of gold in epoxy, as expected yield, with labels."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    plan = MillingPlan(10.0 * np.arange(n_slices, dtype=np.float64), (2.5, 2.5))
    run = Run(plan, (Channel(1.0), Channel(2.0)), shape, (0.4, 0.5), (material("epoxy"), material("gold")))
    faces = []
    for channel, full_scale in enumerate(run.full_scale):
        for index in range(n_slices):
            labels = ((y // 9 + (x + 3 * index) // 13) % 2).astype(np.uint8)
            depth_nm = np.where(labels > 0, 0, 30).astype(np.float32)
            image = (full_scale * (0.2 + 0.7 * labels + 1e-3 * (x % 7))).astype(np.float32)
            faces.append(Face(image, index, channel, plan.pixel_size_nm, 10.0 * index, full_scale, labels, depth_nm))
    return run, faces


class DegradationContract:
    """Contract suite for one degradation.

    A subclass defines the fixtures `degradation`, strong enough to change every face but the first, and `neutral`, the same with
    strength 0, or None where there is none.
    """

    @pytest.fixture
    def degradation(self) -> Degradation[Any]:
        """Return the degradation under test."""
        raise AssertionError("a subclass defines the fixture `degradation`")

    @pytest.fixture
    def neutral(self) -> Degradation[Any] | None:
        """Return the degradation with strength 0, or None."""
        raise AssertionError("a subclass defines the fixture `neutral`")

    def test_it_is_a_frozen_dataclass_with_a_stage(self, degradation: Degradation[Any]) -> None:
        assert is_dataclass(degradation)
        assert isinstance(degradation.stage, Stage)
        assert hash(degradation) == hash(degradation)

    def test_strength_zero_returns_the_face_it_was_given(self, neutral: Degradation[Any] | None) -> None:
        run, faces = run_and_faces()
        if neutral is not None:
            drawn = neutral.draw(run, rng=np.random.default_rng(1))
            assert all(neutral.apply(face, drawn) is face for face in faces)

    def test_what_is_drawn_follows_from_rng_and_is_plain_json(self, degradation: Degradation[Any]) -> None:
        run, _ = run_and_faces()
        first, second = (plain(degradation.draw(run, rng=np.random.default_rng(1))) for _ in range(2))
        assert first == second
        assert json.loads(json.dumps(first, allow_nan=False)) == first

    def test_images_change_but_neither_input_nor_truth(self, degradation: Degradation[Any]) -> None:
        run, faces = run_and_faces()
        drawn = degradation.draw(run, rng=np.random.default_rng(1))
        for face in faces:
            before = tuple(array.copy() for array in (face.image, face.labels, face.depth_to_solid_nm) if array is not None)
            after = degradation.apply(face, drawn)
            assert after.image.shape == face.image.shape
            assert after.image.dtype == np.float32
            assert np.isfinite(after.image).all()
            assert after.labels is face.labels
            assert (after.index, after.channel, after.position_nm) == (face.index, face.channel, face.position_nm)
            for kept, array in zip(before, (face.image, face.labels, face.depth_to_solid_nm), strict=True):
                assert array is not None
                assert np.array_equal(kept, array)
            assert face.index == 0 or not np.array_equal(after.image, face.image)

    def test_faces_come_in_any_order_and_on_any_thread(self, degradation: Degradation[Any]) -> None:
        run, faces = run_and_faces()
        drawn = degradation.draw(run, rng=np.random.default_rng(1))
        forward = [degradation.apply(face, drawn).image.tobytes() for face in faces]
        backward = [degradation.apply(face, drawn).image.tobytes() for face in reversed(faces)]
        with ThreadPoolExecutor(3) as pool:
            threaded = list(pool.map(lambda face: degradation.apply(face, drawn).image.tobytes(), faces))
        assert forward == backward[::-1]
        assert forward == threaded

    def test_only_a_recording_changes_full_scale(self, degradation: Degradation[Any]) -> None:
        run, faces = run_and_faces()
        after = degradation.apply(faces[-1], degradation.draw(run, rng=np.random.default_rng(1)))
        assert after.full_scale == (1.0 if degradation.stage is Stage.RECORDING else faces[-1].full_scale)

    def test_the_smallest_face(self, degradation: Degradation[Any]) -> None:
        run, faces = run_and_faces((48, 48), n_slices=1)
        after = degradation.apply(faces[0], degradation.draw(run, rng=np.random.default_rng(1)))
        assert after.image.shape == (48, 48)
