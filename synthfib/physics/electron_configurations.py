"""Ground-state electron configurations of the free atoms."""

from __future__ import annotations

from synthfib.errors import InputError

# Subshells in the order in which they fill (Madelung's rule), and the elements that depart from it.
_FILLING = "1s 2s 2p 3s 3p 4s 3d 4p 5s 4d 5p 6s 4f 5d 6p 7s 5f 6d".split()  # noqa: SIM905 - a table for people
_DEPARTURES = {
    24: {"4s": 1, "3d": 5},
    29: {"4s": 1, "3d": 10},
    41: {"5s": 1, "4d": 4},
    42: {"5s": 1, "4d": 5},
    44: {"5s": 1, "4d": 7},
    45: {"5s": 1, "4d": 8},
    46: {"5s": 0, "4d": 10},
    47: {"5s": 1, "4d": 10},
    57: {"4f": 0, "5d": 1},
    58: {"4f": 1, "5d": 1},
    64: {"4f": 7, "5d": 1},
    78: {"6s": 1, "5d": 9},
    79: {"6s": 1, "5d": 10},
    89: {"5f": 0, "6d": 1},
    90: {"5f": 0, "6d": 2},
    91: {"5f": 2, "6d": 1},
    92: {"5f": 3, "6d": 1},
}
_MOMENTUM = {"s": 0, "p": 1, "d": 2, "f": 3}

#: Heaviest element with a configuration here.
HEAVIEST = 92


def electron_configuration(z: int) -> dict[str, int]:
    """Return the number of electrons in each subshell, such as ``{"1s": 2, "2s": 2, "2p": 2}`` for carbon.

    Raises
    ------
    InputError
        If the atomic number is outside 1-92.
    """
    if z not in range(1, HEAVIEST + 1):
        raise InputError(f"Electron configurations are known for atomic numbers 1 to {HEAVIEST}, got {z!r}.")
    left, electrons = z, {}
    for subshell in _FILLING:
        electrons[subshell] = min(left, 4 * _MOMENTUM[subshell[1]] + 2)
        left -= electrons[subshell]
    electrons |= _DEPARTURES.get(z, {})
    return {subshell: count for subshell, count in electrons.items() if count}


def dirac_orbitals(z: int) -> tuple[tuple[int, int, float], ...]:
    """Return principal quantum number, kappa and mean number of electrons of each Dirac orbital.

    The electrons of an open subshell are shared by its two orbitals, ``j = l - 1/2`` and ``l + 1/2``, as their degeneracies are.
    """
    orbitals = []
    for subshell, count in electron_configuration(z).items():
        n, momentum = int(subshell[0]), _MOMENTUM[subshell[1]]
        if momentum:
            orbitals.append((n, momentum, count * momentum / (2 * momentum + 1)))
        orbitals.append((n, -momentum - 1, count * (momentum + 1) / (2 * momentum + 1)))
    return tuple(orbitals)
