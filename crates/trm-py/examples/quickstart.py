"""A Sudoku, solved step by step: what the model believes after each supervision step.

Run it with the path of a picture to draw the steps (needs matplotlib); without one it prints them.
"""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import NDArray

import trm

HARD = "..............3.85..1.2.......5.7.....4...1...9.......5......73..2.1........4...9"
SIDE = 9


def probabilities(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """The distribution over the digits of every cell, ``[81, 9]``, from the logits of the candidates."""
    cells = logits.reshape(SIDE * SIDE, SIDE)
    powers = np.exp(cells - cells.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True), np.float32)


def main() -> None:
    steps = list(trm.Sudoku().steps(HARD))
    for step in steps:
        sure = probabilities(step.logits).max(1).mean()
        print(f"step {step.k:>2}: confidence {step.confidence:.3f}, changed {step.changed:.3f}, sureness {sure:.3f}")
    last = steps[-1]
    print(last.drawing)
    print("verified" if last.verified else "not verified: the model is wrong this time")
    if len(sys.argv) > 1:
        draw(steps, sys.argv[1])


def draw(steps: list[trm.Step[np.uint8]], path: str) -> None:
    """Boards of up to eight steps; the darker a cell, the surer the model is of its digit."""
    try:
        import matplotlib
    except ImportError:
        print("matplotlib is not installed, so nothing is drawn")
        return
    matplotlib.use("Agg")
    from matplotlib import pyplot

    chosen = [steps[i] for i in np.unique(np.linspace(0, len(steps) - 1, 8).astype(int))]
    figure, axes = pyplot.subplots(1, len(chosen), figsize=(3 * len(chosen), 3.4), squeeze=False)
    for axis, step in zip(axes[0], chosen):
        axis.imshow(probabilities(step.logits).max(1).reshape(SIDE, SIDE), vmin=0, vmax=1, cmap="Blues")
        for (row, column), digit in np.ndenumerate(step.answer):
            given = HARD[SIDE * row + column] != "."
            axis.text(column, row, str(digit), ha="center", va="center", weight="bold" if given else "normal")
        axis.set_title(f"step {step.k}, confidence {step.confidence:.2f}", fontsize=9)
        axis.set_xticks(np.arange(-0.5, SIDE, 3), labels=[])
        axis.set_yticks(np.arange(-0.5, SIDE, 3), labels=[])
        axis.grid(color="black")
    figure.savefig(path, bbox_inches="tight")
    print("drawn to", path)


if __name__ == "__main__":
    main()
