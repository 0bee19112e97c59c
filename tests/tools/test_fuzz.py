"""A short run of damaged inputs; `python -m tools.attack.fuzz MINUTES` makes more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings

from tools.attack import seeds
from tools.attack.strategies import correct_sums, inputs
from tools.attack.targets import Targets


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Targets]:
    found = Targets(tmp_path_factory.mktemp("fuzz"))
    yield found
    found.close()


# Werkzeug leaves the file of a damaged form to the garbage collector.
@pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning")
@settings(max_examples=200)
@given(data=inputs)
def test_damaged_input_is_read_or_refused(targets: Targets, data: bytes) -> None:
    assert targets.run(data).fault == ""


def test_what_is_no_refusal_is_a_finding(targets: Targets) -> None:
    assert "KeyError" in targets.run(b"an unknown target").fault


def test_every_seed_of_a_request_is_answered(targets: Targets) -> None:
    for each in seeds.requests():
        assert targets.run(b"p" + each).fault == ""


def test_the_sums_of_a_damaged_png_are_corrected() -> None:
    png = seeds.images()[0]
    damaged = png[:40] + bytes([png[40] ^ 1]) + png[41:]
    assert correct_sums(damaged) != damaged
    assert correct_sums(png) == png
