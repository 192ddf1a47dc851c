"""Which points are drawn when there are more than a picture has columns. Exact tables never come here.

M4 (Jugel et al., VLDB 2014) keeps of each column of pixels the first, the last, the lowest and the highest point, so a line of any
length looks as if all of it were drawn. `page.js` does the same again for what is in view.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dicomfast.graphs.picture import Layer, Numbers

# Columns of pixels that are told apart: a wide screen.
COLUMNS = 1500
# Things that last are few; of more than this the longest are drawn.
LASTING = 4000


def chosen(layer: Layer, columns: int = COLUMNS) -> Numbers:
    """The indices of the points that are drawn."""
    x = layer.columns["x"]
    if layer.style.shape == "vline" or len(x) <= 4 * columns:
        return np.arange(len(x))
    if "x_to" in layer.columns:
        length = layer.columns["x_to"] - x
        return np.sort(np.argsort(-length, kind="stable")[:LASTING])
    picked = _m4(x, layer.columns["y"], columns)
    if "y_to" in layer.columns:
        picked = np.union1d(picked, _m4(x, layer.columns["y_to"], columns))
    return picked


def _m4(x: Numbers, y: Numbers, columns: int) -> Numbers:
    from tsdownsample import M4Downsampler

    return np.asarray(M4Downsampler().downsample(x.astype(np.float64), y, n_out=4 * columns), dtype=np.int64)
