"""Fuzzes decoding, parsing of requests and all of POST /predict: with Atheris, which looks for inputs that reach new
code, on one core, and with Hypothesis on another.

    python -m tools.attack.fuzz MINUTES [FOLDER]     (findings are written to FOLDER, default .cache/fuzz)

An input is a finding if it ends the process, raises what is not a refusal, is answered 5xx, or takes over a second. The
memory is that of a process which only runs the inputs of Hypothesis. `python -m tools.attack.fuzz FILE...` runs
findings again.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from backend.settings import TOP
from tools.attack import seeds
from tools.attack.strategies import bombs, inputs, rare
from tools.attack.targets import Outcome, Targets, serve

MAX_SECONDS = 1.0
MAX_GROWTH = 50_000_000  # bytes
PATIENCE = 60.0  # seconds for one input
WARM_UP = 5_000  # inputs before memory is compared
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # a folder in memory, since disks are slow
BATCH = 1_000  # inputs of one run of Hypothesis, which remembers what it tried
RARE = 30  # more of them that start a process, which takes longer


class Tally:
    """Counts inputs, and keeps those that are findings as files in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.inputs = self.findings = self.slowest_size = 0
        self.slowest = 0.0  # seconds
        self.first_memory = self.last_memory = 0

    def add(self, data: bytes, outcome: Outcome | None) -> None:
        """outcome: None: the input ended the process."""
        self.inputs += 1
        if outcome is None:
            self._keep(data, "The process ended.")
            return
        if outcome.fault:
            self._keep(data, outcome.fault)
        elif outcome.seconds > MAX_SECONDS:
            self._keep(data, f"It took {outcome.seconds:.2f} s.")
        if outcome.seconds > self.slowest:
            self.slowest = outcome.seconds
            (self._folder / "slowest").write_bytes(data)
        if self.inputs == WARM_UP:
            self.first_memory = outcome.memory
        self.last_memory = outcome.memory

    @property
    def growth(self) -> int:
        """Bytes since the warm-up."""
        return self.last_memory - self.first_memory if self.first_memory else 0

    def _keep(self, data: bytes, fault: str) -> None:
        self.findings += 1
        name = hashlib.sha256(data).hexdigest()[:16]
        (self._folder / name).write_bytes(data)
        (self._folder / f"{name}.txt").write_text(fault)


class Child:
    """A process that runs inputs, and is started again when one ends it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._start()

    def _start(self) -> None:
        self._connection, theirs = multiprocessing.Pipe()
        spawn = multiprocessing.get_context("spawn")
        self._process = spawn.Process(target=serve, args=(theirs, self._folder), daemon=True)
        self._process.start()
        theirs.close()

    def run(self, data: bytes) -> Outcome | None:
        self._connection.send_bytes(data)
        try:
            if self._connection.poll(PATIENCE):
                outcome: Outcome = self._connection.recv()
                return outcome
        except EOFError:
            pass
        self._process.kill()
        self._process.join()
        self._start()
        return None

    def stop(self) -> None:
        self._connection.close()
        self._process.join()


def try_damaged(seconds: float, folder: Path, tally: Tally) -> None:
    """Run the seeds, and what Hypothesis makes of them."""
    child = Child(folder)
    end = time.monotonic() + seconds

    def run(data: bytes) -> None:
        if time.monotonic() < end:
            tally.add(data, child.run(data))

    for image in (*seeds.images(), *seeds.isolated_images(), *seeds.bombs()):
        run(b"d" + image)
    for each in seeds.requests():
        run(b"p" + each)
    quickly = settings(
        max_examples=BATCH,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    number = time.time_ns()
    while time.monotonic() < end:
        number += 1
        seed(number)(quickly(given(inputs)(run)))()
        seed(number)(settings(quickly, max_examples=5)(given(bombs)(lambda data: run(b"d" + data))))()
        seed(number)(settings(quickly, max_examples=RARE)(given(rare)(run)))()
    child.stop()


def main() -> int:
    if not sys.argv[1].replace(".", "").isdecimal():
        return again(sys.argv[1:])
    seconds = float(sys.argv[1]) * 60
    findings = Path(sys.argv[2]) if len(sys.argv) > 2 else TOP / ".cache" / "fuzz"
    findings.mkdir(parents=True, exist_ok=True)
    with (findings / "log").open("wb") as log:
        os.dup2(log.fileno(), 2)  # the decoders print what is wrong with each image
    tally = Tally(findings)
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        command = [sys.executable, "-m", "tools.attack.guided", str(int(seconds)), str(findings), folder]
        guided = subprocess.Popen(command, cwd=TOP)
        try_damaged(seconds, Path(folder) / "damaged", tally)
        guided.wait()
    found = json.loads((findings / "guided.json").read_text())
    print(f"Hypothesis: {tally.inputs:,} inputs, {tally.findings} findings")
    print(f"Atheris: {found['inputs']:,} inputs, {found['findings']} findings, exit status {guided.returncode}")
    print(f"inputs: {tally.inputs + found['inputs']:,}")
    print(f"slowest input: {max(tally.slowest, found['slowest']):.2f} s (CPU)")
    print(f"memory: {tally.first_memory / 1e6:.0f} MB after {WARM_UP:,} inputs, then {tally.growth / 1e6:+.1f} MB")
    return 1 if tally.findings or found["findings"] or guided.returncode or tally.growth > MAX_GROWTH else 0


def again(files: list[str]) -> int:
    """Run files with inputs, and print what is wrong with each."""
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        targets = Targets(Path(folder))
        for name in files:
            outcome = targets.run(Path(name).read_bytes())
            faults += bool(outcome.fault)
            print(f"{name}: {outcome.fault or 'nothing wrong'}, {outcome.seconds:.2f} s")
        targets.close()
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
