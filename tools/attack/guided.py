"""Runs inputs that Atheris makes, which looks for those that reach new code; fuzz.py starts it as a process.

python -m tools.attack.guided SECONDS FINDINGS FOLDER     (FOLDER: for data)
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import atheris

# Atheris 3.0 never frees the result of a comparison of arrays in code that it instruments.
ARRAYS = [
    f"backend.reading.{each}"
    for each in ("image", "ink", "lattice", "normalize", "numbers", "photograph", "pieces", "recognizer")
]
with atheris.instrument_imports(include=["backend"], exclude=ARRAYS):
    from tools.attack import seeds
    from tools.attack.fuzz import Tally
    from tools.attack.targets import Targets

TELL = 1_000  # inputs between two reports: Atheris ends the process without a word


def main() -> None:
    seconds, findings, folder = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    tally = Tally(findings)
    (corpus := folder / "corpus").mkdir()
    for number, image in enumerate(seeds.images()):
        (corpus / f"d{number}").write_bytes(b"d" + image)
    for number, each in enumerate(seeds.requests()):
        (corpus / f"r{number}").write_bytes(b"r" + each)
        (corpus / f"p{number}").write_bytes(b"p" + each)
    targets = Targets(folder / "instance")

    def run(data: bytes) -> None:
        if data[:1] not in (b"d", b"r", b"p"):
            return
        tally.add(data, targets.run(data))
        if tally.inputs % TELL == 0:
            report = {"inputs": tally.inputs, "findings": tally.findings, "slowest": tally.slowest}
            (findings / "guided.json").write_text(json.dumps(report))

    options = [f"-max_total_time={seconds}", f"-artifact_prefix={findings}/", "-max_len=20000", "-timeout=60"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
