"""The list of files in the service worker, and its version."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from pathlib import Path

from flask.testing import FlaskClient

from backend.settings import TOP
from backend.web.service_worker import SERVICE_WORKER, with_files

SCRIPT = (TOP / "frontend" / SERVICE_WORKER).read_text()


def version(script: str) -> str:
    found: str = re.findall('VERSION = "(.*)"', script)[0]
    return found


def test_it_lists_every_page_and_file_as_the_server_sends_it(client: FlaskClient) -> None:
    with client.get("/service-worker.js") as answer:
        assert (answer.mimetype, answer.headers["Cache-Control"]) == ("text/javascript", "no-cache")
        files: dict[str, str] = json.loads(
            re.findall(r"FILES = (\{.*?\});", answer.get_data(as_text=True), re.DOTALL)[0]
        )
    assert {"", "recorder", "api", "static/js/pages/draw.js", "static/model/network.bin"} <= set(files)
    for address, integrity in files.items():
        with client.get(f"/{address}") as answer:
            assert integrity == f"sha256-{b64encode(hashlib.sha256(answer.data).digest()).decode()}"


def test_the_version_changes_with_any_file_and_only_then(tmp_path: Path) -> None:
    page, style = tmp_path / "index.html", tmp_path / "base.css"
    page.write_text("page")
    style.write_text("style")
    files = {"": page, "base.css": style}
    first = version(with_files(SCRIPT, files))
    assert version(with_files(SCRIPT, files)) == first
    style.write_text("another style")
    assert version(with_files(SCRIPT, files)) != first
