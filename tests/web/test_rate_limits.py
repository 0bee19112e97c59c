"""Clients have limits: each by its address, counted by all workers and, with Redis, by all hosts together."""

from __future__ import annotations

import logging
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from backend.settings import Settings
from backend.web.app import create_app
from backend.web.rate_limits import Exhausted, RateLimits, client_of
from tests.conftest import free_port, running_server
from tools.drawings import SEVEN_URL
from tools.failure.checker import ask

TOKEN = "0123456789abcdef-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PUPILS = 40
WINDOW = 10  # seconds, of the default limits
DRAWING = {"image": SEVEN_URL}


def limits(shared: Path | None = None, **settings: Any) -> RateLimits:
    return RateLimits(Settings(**settings), shared)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FlaskClient]:
    """A server on a public address, on which a client may do everything twice in a minute."""
    settings = Settings(
        host="0.0.0.0",
        instance=tmp_path,
        operator_token=TOKEN,
        limit_predictions="2 per minute",
        limit_previews="2 per minute",
        limit_explanations="2 per minute",
        limit_changes="2 per minute",
        limit_failed_sign_ins="2 per minute",
    )
    app = create_app(settings)
    yield app.test_client()
    app.extensions["digitpad"].close()


def from_address(address: str) -> dict[str, str]:
    return {"REMOTE_ADDR": address}


@pytest.mark.parametrize(("path", "code"), [("/predict", 200), ("/predict?record=false", 200), ("/explain", 200)])
def test_a_client_that_asks_too_often_has_to_wait(client: FlaskClient, path: str, code: int) -> None:
    assert [client.post(path, json=DRAWING).status_code for _ in range(3)] == [code, code, 429]
    refused = client.post(path, json=DRAWING)
    assert refused.json is not None
    assert refused.json["code"] == "too_many_requests"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["Retry-After"] in refused.json["detail"]
    assert refused.headers["RateLimit-Policy"].endswith(";q=2;w=60")
    assert refused.headers["RateLimit"].endswith(f";r=0;t={refused.headers['Retry-After']}")
    other = client.post(path, json=DRAWING, environ_overrides=from_address("198.51.100.7"))
    assert other.status_code == code


def test_each_kind_is_counted_by_itself(client: FlaskClient) -> None:
    for path in ("/predict", "/predict?record=false", "/explain"):
        assert [client.post(path, json=DRAWING).status_code for _ in range(2)] == [200, 200]


def test_corrections_and_deletions_count_together(client: FlaskClient) -> None:
    made = client.post("/predict", json=DRAWING).json
    assert made is not None
    path, secret = f"/records/{made['id']}", {"Digitpad-Secret": made["secret"]}
    assert client.patch(path, json={"label": "1"}, headers=secret).status_code == 200
    assert client.delete(path, headers=secret).status_code == 204
    assert client.patch(path, json={"label": "1"}, headers=secret).status_code == 429


def test_the_operator_has_no_limits(client: FlaskClient) -> None:
    assert [client.post("/predict", json=DRAWING, headers=BEARER).status_code for _ in range(5)] == [200] * 5


def test_the_user_of_a_local_server_has_no_limits(tmp_path: Path) -> None:
    app = create_app(Settings(instance=tmp_path, limit_predictions="1 per minute"))
    assert [app.test_client().post("/predict", json=DRAWING).status_code for _ in range(3)] == [200] * 3
    app.extensions["digitpad"].close()


def test_an_address_that_sent_wrong_tokens_has_to_wait_even_with_the_right_one(client: FlaskClient) -> None:
    guess = {"Authorization": "Bearer wrong-wrong-wrong-wrong"}
    assert [client.get("/metrics", headers=guess).status_code for _ in range(2)] == [401, 429]
    assert client.get("/metrics", headers=BEARER).status_code == 429
    assert client.post("/session", json={"token": TOKEN}).status_code == 429
    assert client.get("/session", headers=BEARER).json["role"] == "visitor"  # type: ignore[index]
    elsewhere = client.get("/metrics", headers=BEARER, environ_overrides=from_address("198.51.100.7"))
    assert elsewhere.status_code == 200


def test_failed_sign_ins_are_counted_wherever_a_token_is_tried(client: FlaskClient) -> None:
    assert client.get("/session", headers={"Authorization": "Bearer wrong"}).status_code == 200
    assert client.post("/session", json={"token": "wrong"}).status_code == 429
    assert client.post("/predict", json=DRAWING).status_code == 200


def test_by_default_a_class_at_one_address_is_never_stopped() -> None:
    unlimited, school = limits(), "192.0.2.1"
    for kind, per_second in (("predictions", 1), ("previews", 10), ("explanations", 1), ("changes", 1)):
        for _ in range(PUPILS * per_second * WINDOW):
            assert unlimited.count(kind, school) is None  # type: ignore[arg-type]


def test_a_limit_is_over_after_its_window() -> None:
    two = limits(limit_predictions="2 per second")
    found = [two.count("predictions", "192.0.2.1") for _ in range(3)]
    assert found == [None, None, Exhausted("predictions", 2, 1, 1)]
    time.sleep(1.1)
    assert two.count("predictions", "192.0.2.1") is None


def test_no_limit_is_an_empty_setting() -> None:
    assert limits(limit_predictions="").count("predictions", "192.0.2.1") is None


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        (None, ""),
        ("nonsense", ""),
    ],
)
def test_a_client_is_an_address_or_an_ipv6_network(address: str | None, client: str) -> None:
    assert client_of(address) == client


def test_a_limit_that_cannot_be_read_is_reported_with_its_name() -> None:
    with pytest.raises(ValueError, match="LIMIT_CHANGES is 'often'"):
        limits(limit_changes="often")


def test_a_url_that_cannot_be_used_is_reported() -> None:
    with pytest.raises(ValueError, match="LIMITS_URL"):
        limits(limits_url="ftp://host")


def test_the_workers_of_a_server_count_together(tmp_path: Path) -> None:
    settings = {"OPERATOR_TOKEN": TOKEN, "LIMIT_PREDICTIONS": "10 per hour"}
    with running_server(tmp_path, **settings) as server:
        codes = [ask(server.port, "POST", "/predict", DRAWING)[0] for _ in range(15)]
    assert codes == [200] * 10 + [429] * 5


def test_objects_with_one_file_count_together_and_forget_what_is_over(tmp_path: Path) -> None:
    first, second = (limits(tmp_path / "counters", limit_predictions="2 per second") for _ in range(2))
    assert first.count("predictions", "192.0.2.1") is second.count("predictions", "192.0.2.1") is None
    assert first.count("predictions", "192.0.2.1") == second.exhausted("predictions", "192.0.2.1") is not None
    time.sleep(1.1)
    assert second.exhausted("predictions", "192.0.2.1") is None
    first.close()
    second.close()


@pytest.fixture
def redis_url() -> Iterator[str]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is missing (on Debian: apt install redis-server)")
    port = free_port()
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--save", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    server.wait()


def test_hosts_with_the_same_redis_count_together(redis_url: str) -> None:
    first, second = (limits(limits_url=redis_url, limit_predictions="2 per hour") for _ in range(2))
    end = time.monotonic() + 30
    while first.count("previews", "192.0.2.1") or not _is_counted(first):  # until Redis has started
        assert time.monotonic() < end
        time.sleep(0.1)
        first, second = (limits(limits_url=redis_url, limit_predictions="2 per hour") for _ in range(2))
    assert second.count("predictions", "192.0.2.1") is None
    assert first.count("predictions", "192.0.2.1") is not None
    assert second.exhausted("predictions", "192.0.2.1") is not None


def _is_counted(rate_limits: RateLimits) -> bool:
    rate_limits.count("predictions", "192.0.2.2")
    rate_limits.count("predictions", "192.0.2.2")
    counted = rate_limits.exhausted("predictions", "192.0.2.2") is not None
    return counted and rate_limits.count("predictions", "192.0.2.1") is None


def test_without_its_redis_nothing_is_limited_and_it_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    alone = limits(limits_url=f"redis://127.0.0.1:{free_port()}/0", limit_predictions="1 per hour")
    assert [alone.count("predictions", "192.0.2.1") for _ in range(5)] == [None] * 5
    assert len(caplog.records) == 1
    assert "Clients are not limited" in caplog.text
