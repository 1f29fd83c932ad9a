"""Train a network on a virtual corpus, and see how it does where k-means fails.

Run ``python examples/10_train_and_segment.py [FOLDER]``; the corpus and the model go to FOLDER (``train-and-segment`` by default).
It takes a few minutes on two cores.
"""

import sys
from dataclasses import replace
from pathlib import Path

import synthfib
from synthfib.evaluation.overlap import Confusion, scores
from synthfib.segmentation.base import Segmenter


def score(method: Segmenter, stack: synthfib.ImageStack) -> dict[str, float]:
    """Segment a stack without its labels, then compare with them."""
    assert stack.labels is not None
    unlabelled = replace(stack, labels=None, phases=(), depth_to_solid_nm=None)
    return scores(Confusion.of(method.predict(unlabelled), stack.labels))


def main(folder: Path, pixels: tuple[int, int] = (128, 128), slices: int = 24, seconds: float | None = None) -> dict[str, dict[str, float]]:
    # A recipe is data: change what you like, for example to what your microscope does.
    recipe = synthfib.load_corpus("quickstart").model_copy(update={"pixels": pixels, "slices": slices})
    synthfib.build_corpus(recipe, folder / "corpus")
    corpus = synthfib.Corpus.open(folder / "corpus")

    network = synthfib.UNet(adjacent_slices=7)
    network.settings = replace(network.settings, max_seconds=seconds)
    network.fit(corpus, rng=1)
    network.save(folder / "unet.safetensors")

    held_out = corpus.read(corpus.names("test")[0])
    found = {"kmeans": score(synthfib.KMeans(), held_out), "unet": score(network, held_out)}
    for name, each in found.items():
        print(f"{name:<8} mean Dice {each['mean_dice']:.3f}, solid fraction {each['solid_fraction']:.3f} (true: {each['truth_solid_fraction']:.3f})")
    return found


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "train-and-segment")
    target.mkdir(parents=True, exist_ok=True)
    main(target)
