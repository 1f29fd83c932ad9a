"""synthfib: learnable FIB-SEM tomography of porous materials."""

from synthfib._version import __version__ as __version__
