"""LitServe (https://lightning.ai/docs/litserve), with a worker for each core."""

import os

import litserve

from tools.bench.peers.reading import Reader


class Digits(litserve.LitAPI):
    def setup(self, device: str) -> None:
        self.reader = Reader()

    def decode_request(self, request: dict[str, str]) -> str:
        return request["image"]

    def predict(self, url: str) -> dict[str, object]:
        return self.reader.read(url)

    def encode_response(self, answer: dict[str, object]) -> dict[str, object]:
        return answer


if __name__ == "__main__":
    server = litserve.LitServer(Digits(), accelerator="cpu", workers_per_device=int(os.environ["WORKERS"]))
    server.run(
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        num_api_servers=int(os.environ["WORKERS"]),
        generate_client_file=False,
        log_level="warning",
    )
