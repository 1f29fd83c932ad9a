"""Run any network over a stack."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from synthfib.training.blocks import predict_block
from synthfib.training.field_of_view import FieldOfView
from synthfib.training.stacks import InputStack
from synthfib.training.whole_slices import predict_faces


def predict_stack(network: torch.nn.Module, stack: InputStack, view: FieldOfView) -> NDArray[np.float32]:
    """Return the probability of solid of every face, ``(slice, y, x)``; beside the stack and the result, only a tile is in memory."""
    if view.dimensions == 2:
        return predict_faces(network, stack, np.arange(stack.n_slices), view=view)
    return predict_block(network, stack, 0, stack.n_slices, view=view)


def predict_some(network: torch.nn.Module, stack: InputStack, n_faces: int, view: FieldOfView) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Return the numbers of about `n_faces` faces and their probability of solid: spread over the stack, or a block in its middle."""
    if view.dimensions == 2:
        faces = np.linspace(0, stack.n_slices - 1, min(stack.n_slices, n_faces)).round().astype(np.intp)
        return faces, predict_faces(network, stack, faces, view=view)
    n_block = min(stack.n_slices, max(n_faces, view.multiple_of))
    first = (stack.n_slices - n_block) // 2
    return np.arange(first, first + n_block), predict_block(network, stack, first, first + n_block, view=view)
