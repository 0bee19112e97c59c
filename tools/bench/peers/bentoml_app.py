"""BentoML (https://docs.bentoml.com), with a worker for each core."""

import os
import sys
from typing import Any

import bentoml

from tools.bench.peers.reading import Reader


@bentoml.service(workers=int(os.environ["WORKERS"]), traffic={"timeout": 60})
class Digits:
    def __init__(self) -> None:
        self.reader = Reader()

    @bentoml.api(route="/predict")
    def predict(self, image: str) -> dict[str, Any]:
        return self.reader.read(image)


if __name__ == "__main__":
    port = os.environ["PORT"]
    os.environ["BENTOML_CONFIG_OPTIONS"] = "api_server.logging.access.enabled=false"
    command = [sys.executable, "-m", "bentoml", "serve", "tools.bench.peers.bentoml_app:Digits"]
    os.execv(sys.executable, [*command, "--host", "127.0.0.1", "--port", port])
