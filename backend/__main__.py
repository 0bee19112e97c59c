"""`python -m backend [COMMAND ...]`; without a command it serves."""

from __future__ import annotations

import sys

from backend.commands.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
