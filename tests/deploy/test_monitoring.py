"""The alerts and the dashboard in deploy/, with the real Prometheus."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from backend.settings import TOP
from tests.conftest import free_port, running_server
from tools.drawings import SEVEN_URL
from tools.server import Server

PROMETHEUS = TOP / "deploy" / "prometheus"
DASHBOARD = json.loads((TOP / "deploy" / "grafana" / "digitpad.json").read_text())
PANELS = {panel["title"]: [target["expr"] for target in panel["targets"]] for panel in DASHBOARD["panels"]}


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is missing; on Debian, install prometheus.")
    return found


@pytest.mark.parametrize(
    "arguments",
    [("check", "config", "prometheus.yml"), ("test", "rules", "digitpad.rules.test.yml")],
    ids=["configuration and rules", "alerts"],
)
def test_promtool_accepts(arguments: tuple[str, ...]) -> None:
    ended = subprocess.run([program("promtool"), *arguments], cwd=PROMETHEUS, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_alert_is_tested_to_fire_and_documented() -> None:
    alerts = re.findall(r"- alert: (\w+)", (PROMETHEUS / "digitpad.rules.yml").read_text())
    tests = (PROMETHEUS / "digitpad.rules.test.yml").read_text()
    operations = (TOP / "docs" / "operations.md").read_text()
    for alert in alerts:
        assert re.search(rf"alertname: {alert}\n +exp_alerts:", tests), alert
        assert f"`{alert}`" in operations, alert


def test_panels_have_different_ids_and_do_not_overlap() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (column, row)
        for panel in panels
        for column in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for row in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(column for column, _ in cells) < 24  # Grafana's grid


@pytest.fixture(scope="module")
def digitpad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("instance")) as running:
        yield running


@pytest.fixture(scope="module")
def prometheus(digitpad: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Prometheus that watches `digitpad` as deploy/ configures it, but scrapes every second."""
    folder = tmp_path_factory.mktemp("prometheus")
    configuration = (PROMETHEUS / "prometheus.yml").read_text()
    assert "127.0.0.1:5000" in configuration
    configuration = configuration.replace("127.0.0.1:5000", f"127.0.0.1:{digitpad.port}").replace("15s", "1s")
    (folder / "prometheus.yml").write_text(configuration)
    shutil.copy(PROMETHEUS / "digitpad.rules.yml", folder)
    address = f"127.0.0.1:{free_port()}"
    command = [program("prometheus"), f"--web.listen-address={address}", "--config.file=prometheus.yml"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*command, "--storage.tsdb.path=data"], cwd=folder, stdout=log, stderr=log)
    try:
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(30)


def ask(prometheus: str, path: str, **query: str) -> Any:
    url = f"{prometheus}/api/v1/{path}?{urllib.parse.urlencode(query)}"
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)["data"]


@pytest.fixture(scope="module")
def watched(digitpad: Server, prometheus: str) -> str:
    """The same after it has seen predictions and a refusal: its rates are known once it has scraped twice since."""
    end = time.monotonic() + 120
    seen = False
    while not seen and time.monotonic() < end:
        for body in (SEVEN_URL, "seven"):
            with suppress(urllib.error.HTTPError):
                urllib.request.urlopen(f"{digitpad.url}/predict", body.encode(), timeout=30).close()
        time.sleep(0.5)
        with suppress(urllib.error.URLError):
            seen = bool(ask(prometheus, "query", query="rate(digitpad_refusals_total{status='400'}[1m]) > 0")["result"])
    assert seen
    return prometheus


@pytest.mark.parametrize("panel", PANELS)
def test_every_panel_shows_values(watched: str, panel: str) -> None:
    for expression in PANELS[panel]:
        query = expression.replace("$__rate_interval", "1m").replace("$instance", ".*")
        assert "$" not in query
        result = ask(watched, "query", query=query)["result"]
        assert result, expression
        assert all(each["value"][1] != "NaN" for each in result) or "quantile" in query


def test_the_hosts_that_can_be_chosen_are_those_that_are_watched(watched: str, digitpad: Server) -> None:
    (variable,) = [each for each in DASHBOARD["templating"]["list"] if each["name"] == "instance"]
    assert variable["query"]["query"] == "label_values(digitpad_build_info, instance)"
    hosts = ask(watched, "label/instance/values", **{"match[]": "digitpad_build_info"})
    assert hosts == [f"127.0.0.1:{digitpad.port}"]


def test_every_alert_can_be_evaluated_and_names_metrics_that_exist(watched: str) -> None:
    (group,) = ask(watched, "rules")["groups"]
    assert [rule["health"] for rule in group["rules"]] == ["ok"] * len(group["rules"])
    for rule in group["rules"]:
        for metric, matchers in re.findall(r"\b(digitpad_\w+|up)\b(?:{([^}]*)})?", rule["query"]):
            labels = ",".join(f'{label}!=""' for label in re.findall(r"(\w+)(?:=~|!=|=)", matchers))
            assert ask(watched, "query", query=f"{metric}{{{labels}}}")["result"], (metric, labels)
