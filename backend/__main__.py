"""`python -m backend [serve]` serves, `records ...` works on recorders, `version` prints the version."""

from __future__ import annotations

import sys

from backend import __version__

USAGE = "Usage: python -m backend [serve | records COMMAND ... | version]"


def main() -> int:
    command, *arguments = sys.argv[1:] or ["serve"]
    if command == "records":
        from backend.commands.records import main as records

        return records(arguments)
    if command == "serve" and not arguments:
        from backend.server import serve

        return serve()
    if command in ("version", "--version") and not arguments:
        print(__version__)
        return 0
    print(USAGE, file=sys.stdout if command in ("--help", "-h") else sys.stderr)
    return 0 if command in ("--help", "-h") else 2


if __name__ == "__main__":
    sys.exit(main())
