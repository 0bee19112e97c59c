"""Every 13th file call of the store and of the outbox fails in turn, in four ways; nothing acknowledged is lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tools.failure import faulty_disk

EVERY = 13


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("cc"):
        pytest.skip("a C compiler (cc), which makes the failing disk, is missing")
    return faulty_disk.build(tmp_path_factory.mktemp("faults"))


@pytest.mark.parametrize("way", faulty_disk.WAYS)
@pytest.mark.parametrize("part", faulty_disk.PARTS)
def test_whatever_call_fails_nothing_acknowledged_is_lost(built: Path, tmp_path: Path, part: str, way: str) -> None:
    done = faulty_disk.under_failing_disk(built, tmp_path, part, way, EVERY)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[2]) > 10  # calls there were, and they were met
