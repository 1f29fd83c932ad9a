"""Rare large energy losses, which make some electrons lose much more than the mean and let others get farther.

Close collisions with single electrons follow, to leading order, the law of two free electrons: ``dsigma/dW = pi e^4 / (E W^2)`` per
electron, for losses W up to E/2 (C. Moller, Ann. Phys. 406 (1932) 531, doi 10.1002/andp.19324060506). Losses above a limit are
drawn one by one, those below stay continuous, and the mean loss remains that of `physics.stopping`. Tightly bound electrons take no part
in soft collisions as free ones would; so hard losses never make up more than half of the stopping power.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthfib.data.material import Material
from synthfib.physics.elements import ATOMIC_WEIGHT
from synthfib.physics.stopping import stopping_power_kev_nm

#: Losses above this, in keV, are hard.
LEAST_HARD_LOSS_KEV = 0.05
#: Largest share of the stopping power that hard losses may make up.
LARGEST_SHARE = 0.5
# pi e^4 / (4 pi epsilon_0)^2 in keV2 nm2, and Avogadro's number times 1 g/cm3 / (1 g/mol) in nm-3.
_PI_E4_KEV2_NM2 = np.pi * 1.439964e-3**2
_PER_NM3 = 6.02214076e2


def hard_losses(material: Material, energies_kev: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return collisions per nm with a hard loss, and the stopping power in keV/nm that they make up, at energies in keV.

    Both are 0 in vacuum and where half the energy is not above the least hard loss.
    """
    energies_kev = np.asarray(energies_kev, np.float64)
    electrons_per_nm3 = _PER_NM3 * material.density_g_cm3 * sum(fraction * z / ATOMIC_WEIGHT[z] for z, fraction in material.composition)
    least = LEAST_HARD_LOSS_KEV
    largest = np.maximum(energies_kev / 2, least)
    strength = electrons_per_nm3 * _PI_E4_KEV2_NM2 / energies_kev
    loss = strength * np.log(largest / least)
    allowed = np.minimum(1, LARGEST_SHARE * stopping_power_kev_nm(material, energies_kev) / np.where(loss > 0, loss, 1))
    return allowed * strength * (1 / least - 1 / largest), allowed * loss
