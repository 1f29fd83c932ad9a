"""K-means clustering of grey values."""

from __future__ import annotations

import numpy as np
import sklearn.cluster
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from synthfib.errors import InputError
from synthfib.segmentation.classical import GreyThreshold


class KMeans(GreyThreshold):
    """Clusters the grey values of the stack; the brightest cluster is solid, all others are pore.

    Clusters of grey values are intervals, so the result is a threshold. It is found on the histogram, every grey value
    weighted with its number of pixels, which gives the clusters of all pixels at a fraction of the cost.

    Parameters
    ----------
    n_clusters : int
        Number of clusters, 2 or more; the third one takes the shine-through (Sardhara 2022, 10.3389/fmats.2022.837006).
    energy_kev : float
        The channel whose landing energy is nearest to this one is used.

    Raises
    ------
    InputError
        If there are fewer than two clusters.
    """

    def __init__(self, n_clusters: int = 3, *, energy_kev: float = 2.0) -> None:
        super().__init__(energy_kev=energy_kev)
        if n_clusters < 2:
            raise InputError(f"K-means needs at least 2 clusters, got {n_clusters}.")
        self.n_clusters = n_clusters

    def threshold(self, counts: NDArray[np.int64], /) -> float:
        """Return the largest grey value that does not belong to the brightest cluster."""
        values = np.flatnonzero(counts)
        if len(values) <= self.n_clusters:
            return float(values[-2])
        with threadpool_limits(1):  # the order of sums, and so the last digit, would depend on the number of threads
            model = sklearn.cluster.KMeans(self.n_clusters, n_init=10, tol=0, random_state=0)  # pyright: ignore[reportArgumentType]
            cluster = model.fit_predict(values[:, None].astype(np.float64), sample_weight=counts[values].astype(np.float64))
        brightest = int(np.argmax(model.cluster_centers_[:, 0]))
        return float(values[cluster != brightest].max())
