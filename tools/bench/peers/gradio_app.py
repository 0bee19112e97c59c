"""Gradio (https://www.gradio.app), with a concurrent call for each core; it has one process by design."""

import os

import gradio

from tools.bench.peers.reading import Reader

if __name__ == "__main__":
    page = gradio.Interface(Reader().read, "text", "json", api_name="predict", flagging_mode="never")
    page.queue(default_concurrency_limit=int(os.environ["WORKERS"]))
    page.launch(server_name="127.0.0.1", server_port=int(os.environ["PORT"]), quiet=True)
