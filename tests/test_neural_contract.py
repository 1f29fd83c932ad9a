from __future__ import annotations

from dataclasses import replace

from synthfib.data.stack import Channel
from synthfib.segmentation.base import Segmenter
from synthfib.segmentation.fusion import EarlyFusion, IntermediateFusion, LateFusion, VotingFusion
from synthfib.segmentation.unet import ResidualUNet
from synthfib.segmentation.unet_3d import ResidualUNet3D, UNet3D
from synthfib.testing.segmenters import SegmenterContract, porous_corpus
from synthfib.training.settings import TrainingSettings

FEW_STEPS = TrainingSettings(
    base_features=4, learning_rate=1e-2, batch_size=4, patch_size=32, patches_per_epoch=40, max_epochs=1, validation_slices=2
)
BLOCKS = replace(FEW_STEPS, batch_size=1, patches_per_epoch=12, patch_slices=16)


class TestResidualUNet(SegmenterContract):
    channels = (Channel(2.0), Channel(4.0))

    def make_segmenter(self) -> Segmenter:
        return ResidualUNet(3, settings=FEW_STEPS, threads=1)


class TestEarlyFusion(SegmenterContract):
    channels = (Channel(2.0), Channel(4.0))

    def make_segmenter(self) -> Segmenter:
        return EarlyFusion(1, settings=FEW_STEPS, threads=1)


class TestIntermediateFusion(SegmenterContract):
    channels = (Channel(2.0), Channel(4.0))

    def make_segmenter(self) -> Segmenter:
        return IntermediateFusion(1, settings=replace(FEW_STEPS, patches_per_epoch=24), threads=1)


class TestLateFusion(SegmenterContract):
    channels = (Channel(2.0), Channel(4.0))

    def make_segmenter(self) -> Segmenter:
        return LateFusion(1, settings=replace(FEW_STEPS, patches_per_epoch=24), threads=1)


class TestVotingFusion(SegmenterContract):
    channels = (Channel(2.0), Channel(4.0))

    def make_segmenter(self) -> Segmenter:
        return VotingFusion(1, settings=replace(FEW_STEPS, patches_per_epoch=24), threads=1)


class TestResidualUNet3D(SegmenterContract):
    def make_segmenter(self) -> Segmenter:
        return ResidualUNet3D(settings=BLOCKS, threads=1)


class TestUNet3D(SegmenterContract):
    def make_segmenter(self) -> Segmenter:
        return UNet3D(settings=BLOCKS, threads=1)

    def fitted(self, *, rng: int = 1) -> Segmenter:
        segmenter = self.make_segmenter()
        segmenter.fit(porous_corpus(self.channels, (16, 48, 48)), rng=rng)
        return segmenter
