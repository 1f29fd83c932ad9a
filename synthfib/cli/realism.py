"""How real a stack looks."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from synthfib.cli import options
from synthfib.cli.options import Json, Seed


def realism(
    stack: Annotated[Path, typer.Argument(help="Stack of images: .h5, .tif, .npy, or a folder of images.")],
    labels: Annotated[Path | None, typer.Option("--labels", help="Labels, if not in the stack: 0 is pore. A file or a folder as for STACK.")] = None,
    against: Annotated[Path | None, typer.Option("--against", help="Real stack: a classifier tries to tell its patches from those of STACK.")] = None,
    energy_kev: Annotated[float | None, typer.Option("--energy-kev", help="Landing energy of the channel; the first by default.")] = None,
    patch_pixels: Annotated[int, typer.Option("--patch-pixels", min=16, help="Edge of the patches of the classifier.")] = 32,
    seed: Seed = 1,
    json: Json = False,
) -> None:
    """Measure noise, curtaining and grey levels of a stack, to hold them against those of real ones."""
    import numpy as np

    from synthfib.data.slices import read_slices, read_solid
    from synthfib.evaluation import realism as measuring
    from synthfib.evaluation.two_sample_test import floor_test, two_sample_test

    images, solid = read_slices(stack, energy_kev=energy_kev)
    found = measuring.realism(images, read_solid(labels) if labels is not None else solid)
    document: dict[str, Any] = {
        "stack": str(stack),
        "slices": len(found.slices),
        **found.mean(),
        "span": found.span(),
        "power_spectrum": {"cycles_per_pixel": found.spectrum.cycles_per_pixel.tolist(), "power": found.spectrum.power.tolist()},
    }
    if against is not None:
        real, _ = read_slices(against)
        generators = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(2)]
        told = two_sample_test(np.asarray(real), images, rng=generators[0], patch_pixels=patch_pixels)
        floor = floor_test(real, rng=generators[1], patch_pixels=patch_pixels)
        document["two_sample_test"] = {"against": str(against), "patch_pixels": patch_pixels, **asdict(told), "real_versus_real": asdict(floor)}
    options.say(document, _text(document), json=json)


def _text(document: dict[str, Any]) -> str:
    """One line per figure: mean over the slices, and its span."""
    lines = [f"{document['stack']}: {document['slices']} slice(s); grey levels of 256, mean [span]"]
    for name, span in document["span"].items():
        value = document[name]
        lines.append(f"  {name:<36} " + ("-" if value is None else f"{value:8.3f}  [{span[0]:.3f}, {span[1]:.3f}]"))
    if "two_sample_test" in document:
        test = document["two_sample_test"]
        floor = test["real_versus_real"]
        lines.append(
            f"  told from {test['against']}: accuracy {test['accuracy']:.3f}, AUC {test['auc']:.3f} ({test['n_patches']} patches each); "
            f"real from real: {floor['accuracy']:.3f}, {floor['auc']:.3f}"
        )
    return "\n".join(lines)
