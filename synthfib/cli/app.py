"""All commands, one module per group."""

from __future__ import annotations

from typing import Annotated

import typer

from synthfib._version import __version__
from synthfib.cli import (
    aligning,
    benchmarking,
    calibration,
    catalogue,
    citing,
    corpora,
    degrading,
    demo,
    doctor,
    exporting,
    imaging,
    interpolation_training,
    leaderboards,
    models,
    physics,
    publishing,
    realism,
    reconstructing,
    structures,
    validation,
    views,
)

app = typer.Typer(name="synthfib", no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None, add_completion=True)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def synthfib(version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")] = False) -> None:
    """Learnable FIB-SEM tomography: virtual structures, physical images, exact truth, scored segmentation."""


for command in (
    demo.demo,
    catalogue.list_,
    catalogue.show,
    structures.generate,
    imaging.simulate,
    degrading.degrade,
    aligning.align,
    aligning.thickness,
    views.view,
    corpora.plan,
    corpora.build,
    corpora.verify,
    exporting.export,
    publishing.publish,
    publishing.seal,
    publishing.reveal,
    models.train,
    calibration.train_surrogate,
    interpolation_training.train_interpolation,
    models.segment,
    reconstructing.reconstruct,
    models.evaluate,
    benchmarking.benchmark,
    benchmarking.experiment,
    realism.realism,
    citing.cite,
    doctor.doctor,
):
    app.command(command.__name__.rstrip("_").replace("_", "-"))(command)

for group in (leaderboards.leaderboard, physics.physics, validation.validate, calibration.calibrate):
    app.add_typer(group)
