"""Optional packages, obtained in one place with the remedy in the error.

The folder ``datasets/`` beside this package makes ``find_spec("datasets")`` truthy even when the library is missing,
so a package counts as present only when an attribute can be taken from it.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from synthfib.errors import MissingDependencyError


def require(module: str, *, attribute: str, extra: str) -> ModuleType:
    """Import `module`, check that it has `attribute`, and return it.

    Raises
    ------
    MissingDependencyError
        If the import fails; the message names the extra to install.
    """
    try:
        found = import_module(module)
        getattr(found, attribute)
    except (ImportError, AttributeError) as error:
        msg = f"This needs the package {module.split('.')[0]!r}, which is not installed; install it with: pip install 'synthfib[{extra}]'"
        raise MissingDependencyError(msg) from error
    return found
