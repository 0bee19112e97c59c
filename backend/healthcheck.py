"""`python -m backend.healthcheck` exits with 0 if the server on this machine is ready: Docker's health check."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request

from backend.operator_token import operator_token
from backend.settings import Settings


def main() -> int:
    settings = Settings.from_environment()
    url = f"http://127.0.0.1:{settings.port}/health/ready"
    try:
        token = operator_token(settings)  # only the operator is told what is wrong
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=4):
            return 0
    except urllib.error.HTTPError as error:
        print(error.read().decode(), file=sys.stderr)
    except OSError as error:
        print(f"{url}: {error}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
