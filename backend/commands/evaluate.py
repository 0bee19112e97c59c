"""`digitpad evaluate`: measures the network, like script/evaluate."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def evaluate(arguments: Sequence[str]) -> int:
    """Run training.card with these arguments; 1 if what it needs is not installed."""
    try:
        from training.card import main
    except ModuleNotFoundError as error:
        print(
            f"Evaluating needs {error.name}; run it in a checkout, after `script/environment train`.", file=sys.stderr
        )
        return 1
    main(arguments)
    return 0
