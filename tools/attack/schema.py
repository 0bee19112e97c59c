"""Attacks a server with requests made from its OpenAPI description: valid ones, invalid ones, and sequences of them.

    python -m tools.attack.schema [CASES]     (default 10,000; about 2 minutes)

Schemathesis makes the requests, in every role: the operator of this machine, one with a token, a visitor where records
are private, and one where they are public. A visitor becomes the owner of a record by the links from /predict.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_args

from backend.settings import TOP
from backend.web.rate_limits import Limited
from tools.server import Server

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = 50  # per operation and round, and so about 1,400 cases
TOKEN = "a-token-of-the-operator"
UNLIMITED = {f"LIMIT_{kind.upper()}": "" for kind in get_args(Limited)}  # otherwise most requests of a visitor get 429
GUARDED = {"OPERATOR_TOKEN": TOKEN, **UNLIMITED}


class Role(NamedTuple):
    settings: Mapping[str, str]  # of the server
    headers: tuple[str, ...] = ()


ROLES = {
    "operator of this machine": Role({}),
    "operator with a token": Role(GUARDED, (f"Authorization: Bearer {TOKEN}",)),
    "visitor": Role(GUARDED),
    "visitor, public records": Role({**GUARDED, "RECORDER": "public"}),
}


class Result(NamedTuple):
    cases: int
    failures: list[str]  # what failed, and for which operations
    output: str


def attack(role: Role, examples: int, folder: Path, *options: str) -> Result:
    """Run Schemathesis against a new server. options: more of its own."""
    report = folder / "report.json"
    headers = [part for header in role.headers for part in ("--header", header)]
    with tempfile.TemporaryDirectory(dir=folder) as instance:
        settings = {"INSTANCE": instance, "WORKERS": "1", "ACCESS_LOG": "false", **role.settings}
        with Server(settings, log=folder / "server.log") as server:
            done = subprocess.run(
                [
                    *(sys.executable, "-m", "schemathesis.cli", "--config-file", CONFIGURATION),
                    *("run", f"{server.url}/openapi.json", "--no-color", *headers),
                    *(f"--max-examples={examples}", "--report=json", f"--report-json-path={report}", *options),
                ],
                cwd=TOP,
                capture_output=True,
                text=True,
            )
    if not report.exists():
        raise RuntimeError(done.stdout + done.stderr)
    found: dict[str, Any] = json.loads(report.read_text())
    failures = [f"{each['title']}: {', '.join(each['operations'])}" for each in found["failures"]]
    return Result(found["test_cases"]["generated"], failures + list(map(str, found["errors"])), done.stdout)


def main() -> int:
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    cases = failures = 0
    with tempfile.TemporaryDirectory() as folder:
        while cases < wanted:
            for name, role in ROLES.items():
                result = attack(role, EXAMPLES, Path(folder))
                cases += result.cases
                failures += len(result.failures)
                print(f"{name}: {result.cases:,} cases, {len(result.failures)} failures", flush=True)
                if result.failures:
                    print(result.output)
    print(f"{cases:,} cases, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
