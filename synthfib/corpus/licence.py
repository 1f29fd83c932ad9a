"""Licences by their SPDX names: what they are called, and where they can be read."""

from __future__ import annotations

from dataclasses import dataclass

_KNOWN = {
    "CC-BY-4.0": ("Creative Commons Attribution 4.0 International", "https://creativecommons.org/licenses/by/4.0/legalcode"),
    "CC-BY-SA-4.0": ("Creative Commons Attribution Share Alike 4.0 International", "https://creativecommons.org/licenses/by-sa/4.0/legalcode"),
    "CC-BY-NC-4.0": ("Creative Commons Attribution Non Commercial 4.0 International", "https://creativecommons.org/licenses/by-nc/4.0/legalcode"),
    "CC0-1.0": ("Creative Commons Zero v1.0 Universal", "https://creativecommons.org/publicdomain/zero/1.0/legalcode"),
    "ODbL-1.0": ("Open Data Commons Open Database License v1.0", "https://opendatacommons.org/licenses/odbl/1-0/"),
    "ODC-By-1.0": ("Open Data Commons Attribution License v1.0", "https://opendatacommons.org/licenses/by/1-0/"),
    "PDDL-1.0": ("Open Data Commons Public Domain Dedication & License 1.0", "https://opendatacommons.org/licenses/pddl/1-0/"),
    "MIT": ("MIT License", "https://spdx.org/licenses/MIT.html"),
    "Apache-2.0": ("Apache License 2.0", "https://www.apache.org/licenses/LICENSE-2.0"),
}


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence.

    Parameters
    ----------
    name : str
        As the recipe has it.
    title : str
        What it is called in full; the name again where that is not known.
    url : str, optional
        Where its text is; None where that is not known.
    """

    name: str
    title: str
    url: str | None

    def to_text(self, title: str, creators: str) -> str:
        """Return the text of LICENSE for a corpus."""
        where = f"\nIts text: {self.url}\n" if self.url else ""
        return f'"{title}"\nby {creators}\n\nLicence: {self.title} (SPDX: {self.name})\n{where}'


def licence(name: str) -> Licence:
    """Return a licence by its SPDX name, or one of which nothing else is known."""
    return Licence(name, *_KNOWN.get(name, (name, None)))
