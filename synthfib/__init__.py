"""synthfib: learnable FIB-SEM tomography of porous materials.

The names below are imported when they are first used, so that ``import synthfib`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from synthfib._version import __version__ as __version__

if TYPE_CHECKING:
    from synthfib.benchmark.protocol import run_benchmark as run_benchmark
    from synthfib.catalogue import load_corpus as load_corpus
    from synthfib.catalogue import load_material as load_material
    from synthfib.catalogue import load_microscope as load_microscope
    from synthfib.corpus.acquire import acquire as acquire
    from synthfib.corpus.build import build_corpus as build_corpus
    from synthfib.corpus.export import export_corpus as export_corpus
    from synthfib.corpus.load import Corpus as Corpus
    from synthfib.corpus.plan import plan_corpus as plan_corpus
    from synthfib.corpus.samples import load as load
    from synthfib.corpus.verify import verify_corpus as verify_corpus
    from synthfib.data.material import Material as Material
    from synthfib.data.milling import MillingPlan as MillingPlan
    from synthfib.data.milling import SliceThickness as SliceThickness
    from synthfib.data.provenance import Provenance as Provenance
    from synthfib.data.readers import read_stack as read_stack
    from synthfib.data.readers import read_volume as read_volume
    from synthfib.data.stack import Channel as Channel
    from synthfib.data.stack import ImageStack as ImageStack
    from synthfib.data.stack import YieldStack as YieldStack
    from synthfib.data.volume import LabelVolume as LabelVolume
    from synthfib.data.writers import write_stack as write_stack
    from synthfib.data.writers import write_volume as write_volume
    from synthfib.errors import SynthfibError as SynthfibError
    from synthfib.generators.leveled_wave import LeveledWave as LeveledWave
    from synthfib.physics.materials import material as material
    from synthfib.rendering import render as render
    from synthfib.segmentation.kmeans import KMeans as KMeans
    from synthfib.segmentation.otsu import Otsu as Otsu
    from synthfib.segmentation.unet import UNet as UNet
    from synthfib.simulators.depth_weighted import DepthWeighted as DepthWeighted
    from synthfib.simulators.monte_carlo import MonteCarlo as MonteCarlo
    from synthfib.simulators.surrogate import Surrogate as Surrogate

_HOMES = {
    "Channel": "data.stack",
    "Corpus": "corpus.load",
    "DepthWeighted": "simulators.depth_weighted",
    "ImageStack": "data.stack",
    "KMeans": "segmentation.kmeans",
    "LabelVolume": "data.volume",
    "LeveledWave": "generators.leveled_wave",
    "Material": "data.material",
    "MillingPlan": "data.milling",
    "MonteCarlo": "simulators.monte_carlo",
    "Otsu": "segmentation.otsu",
    "Provenance": "data.provenance",
    "SliceThickness": "data.milling",
    "Surrogate": "simulators.surrogate",
    "SynthfibError": "errors",
    "UNet": "segmentation.unet",
    "YieldStack": "data.stack",
    "acquire": "corpus.acquire",
    "build_corpus": "corpus.build",
    "load": "corpus.samples",
    "export_corpus": "corpus.export",
    "load_corpus": "catalogue",
    "load_material": "catalogue",
    "load_microscope": "catalogue",
    "material": "physics.materials",
    "plan_corpus": "corpus.plan",
    "read_stack": "data.readers",
    "read_volume": "data.readers",
    "render": "rendering",
    "run_benchmark": "benchmark.protocol",
    "verify_corpus": "corpus.verify",
    "write_stack": "data.writers",
    "write_volume": "data.writers",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'synthfib' has no attribute {name!r}")
    value = getattr(import_module(f"synthfib.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*_HOMES, "__version__"})
