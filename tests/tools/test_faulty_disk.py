"""Every 13th file system call of the store and of the outbox fails in turn, in four ways."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tools.failure import faulty_disk
from tools.failure.faults import build

EVERY = 13


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("cc"):
        pytest.skip("a C compiler (cc), which compiles the failing disk, is missing")
    return build(tmp_path_factory.mktemp("faults"))


@pytest.mark.parametrize("fault", faulty_disk.FAULTS)
@pytest.mark.parametrize("part", faulty_disk.PARTS)
def test_no_acknowledged_record_is_lost_whichever_call_fails(
    library: Path, tmp_path: Path, part: str, fault: str
) -> None:
    done = faulty_disk.with_failing_disk(library, tmp_path, part, fault, EVERY)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[2]) > 10  # enough calls were made and failed
