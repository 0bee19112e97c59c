"""`python -m backend` serves; `python -m backend records ...` works on recorders."""

from __future__ import annotations

import sys


def main() -> int:
    if sys.argv[1:2] == ["records"]:
        from backend.records.command import main as records

        return records(sys.argv[2:])
    from backend.server import serve

    return serve()


if __name__ == "__main__":
    sys.exit(main())
