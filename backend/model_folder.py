"""Which network is in use: that of MODEL_DIR, or one that `digitpad retrain` wrote into the instance folder.

INSTANCE/models/VERSION/ is a model folder like MODEL_DIR. INSTANCE/models/in_use lists the versions that the server was
switched to, the newest last; without a line, MODEL_DIR is in use.
"""

from __future__ import annotations

import os
from pathlib import Path

from backend.settings import TOP, Settings

PAGE_NETWORK = Path("frontend", "model", "network.bin")


def model_folder(settings: Settings) -> Path:
    """The folder of the network in use."""
    versions = _versions(settings)
    return retrained_folder(settings) / versions[-1] if versions else settings.model_dir


def retrained_folder(settings: Settings) -> Path:
    """The folder of all retrained networks, each in a folder that is named by its version."""
    return settings.instance / "models"


def page_network(folder: Path) -> Path:
    """The file from which the page loads the network of a model folder."""
    own = folder / PAGE_NETWORK
    return own if own.is_file() else TOP / PAGE_NETWORK


def switch_to(settings: Settings, version: str) -> None:
    """Use a retrained network from now on. A server that runs notices within seconds."""
    _write(settings, [*_versions(settings), version])


def roll_back(settings: Settings) -> Path:
    """Use the network again that was in use before the last switch, and return its folder.

    Raises ValueError if there was no switch.
    """
    versions = _versions(settings)
    if not versions:
        raise ValueError(f"There is nothing to undo: the network in {settings.model_dir} is in use.")
    _write(settings, versions[:-1])
    return model_folder(settings)


def _versions(settings: Settings) -> list[str]:
    try:
        return (retrained_folder(settings) / "in_use").read_text().split()
    except FileNotFoundError:
        return []


def _write(settings: Settings, versions: list[str]) -> None:
    path = retrained_folder(settings) / "in_use"
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text("".join(f"{version}\n" for version in versions))
    os.replace(new, path)  # readers see the old list or the new one
