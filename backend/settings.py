"""All settings, with defaults and descriptions. They are read from the environment once, at start."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

TOP = Path(__file__).resolve().parent.parent


KeepDrawings = Literal["all", "doubtful", "none"]
LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")


def setting(default: Any, description: str, secret: bool = False) -> Any:
    """secret: left out of `repr`, and so of logs."""
    return field(default=default, repr=not secret, metadata={"description": description})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The field `name` is set by the environment variable `NAME`."""

    host: str = setting("127.0.0.1", "The address to listen on; 0.0.0.0 means all addresses.")
    port: int = setting(5000, "The port to listen on.")
    instance: Path = setting(Path("instance"), "The folder for the server's data.")
    records_url: str = setting(
        "",
        "Where to record predictions: `sqlite:///PATH`, "
        "`cassandra://HOST,HOST:9042/KEYSPACE?replication=3`, or `none`. "
        "Empty: `records.sqlite` in the instance folder.",
    )
    model_dir: Path = setting(
        TOP,
        "The folder with `model_mnist.json`, `model_mnist.h5` and `models/`. `digitpad retrain` puts another in its "
        "place.",
    )
    model_runtime: Literal["onnx", "keras"] = setting(
        "onnx", "The runtime of the network: `onnx`, or `keras` (needs requirements/train.txt)."
    )
    workers: int = setting(0, "Worker processes. 0: one per core.")
    threads: int = setting(8, "Requests that one worker processes at the same time.")
    waiting: int = setting(128, "Requests that may wait in one worker; beyond that it answers 503.")
    access_log: bool = setting(True, "Log one line per request.")
    max_body_bytes: int = setting(12_000_000, "The largest request body, in bytes; Cassandra accepts at most 12.9 MB.")
    max_pixels: int = setting(25_000_000, "The largest image, in pixels.")
    max_strokes: int = setting(1_000, "The most strokes of a drawing.")
    max_points: int = setting(50_000, "The most points of all strokes of a drawing; four minutes of a fast pen.")
    max_strokes_bytes: int = setting(1_000_000, "The largest strokes and pen widths, in bytes of JSON.")
    record_budget_ms: int = setting(
        250, "How long a prediction waits for the store, in milliseconds, before it is queued on this machine."
    )
    outbox_bytes: int = setting(
        1_000_000_000, "The largest outbox, in bytes; while it is full and the store unavailable, /predict answers 503."
    )
    keep_drawings: KeepDrawings = setting(
        "all",
        "Which drawings (image, 28 x 28 image, strokes and pen widths) records keep: `all`; `doubtful`, those whose "
        "verdict is neither `digit` nor `number`, or whose result is not what was expected; or `none`. A correction "
        "can't bring back a drawing that was not kept.",
    )
    record_client_address: Literal["no", "hash", "full"] = setting(
        "no", "What a record keeps of the client's address: `no`, `hash` (a keyed hash) or `full`."
    )
    trusted_hosts: tuple[str, ...] = setting(
        (),
        "Host names that the server answers to, separated by commas; `.example.org` includes its "
        "subdomains. Empty: this machine's own names while only this machine reaches the server, otherwise any name.",
    )

    trusted_proxies: tuple[str, ...] = setting(
        (),
        "Addresses and networks of proxies, separated by commas, such as `127.0.0.1, 10.0.0.0/8`. From them, and only "
        "from them, the server takes the client's address and scheme from X-Forwarded-For and X-Forwarded-Proto. They "
        "must pass on the Host header. With a proxy, the server is not local: the operator needs the token.",
    )

    limit_predictions: str = setting(
        "1000 per 10 seconds",
        "How many predictions one address may make; empty: any number. A school has one address: 40 pupils who each "
        "predict once per second make 400 per 10 seconds. An IPv6 address counts with its whole /64 network. No limit "
        "counts what the operator does.",
    )
    limit_previews: str = setting(
        "5000 per 10 seconds",
        "The same for predictions that are not recorded (`record=false`). 40 pages that each ask ten times per second "
        "make 4000; usually pages read by themselves and ask for none.",
    )
    limit_explanations: str = setting("1000 per 10 seconds", "The same for explanations.")
    limit_changes: str = setting("1000 per 10 seconds", "The same for corrections and deletions.")
    limit_wrong_codes: str = setting(
        "300 per minute",
        "How many wrong codes of rooms and invitations one address may send; then it has to wait before it joins, with "
        "any code.",
    )
    limit_failed_sign_ins: str = setting(
        "10 per minute", "How many wrong operator tokens one address may send; then it has to wait."
    )
    limits_url: str = setting(
        "",
        "Where hosts count together, such as `redis://HOST:6379/0`, a Redis or Valkey server. Empty: each host counts "
        "by itself. While it cannot be reached, nothing is limited.",
        secret=True,
    )

    operator_token: str = setting(
        "",
        "The token of the operator, who may do everything; at least 16 characters. Empty: while only this machine "
        "reaches the server (HOST is a loopback address, TRUSTED_HOSTS names no other host, TRUSTED_PROXIES is empty), "
        "its user is the operator and nothing is asked; otherwise a token is generated at the first start, printed and "
        "kept in the file `operator.token` in the instance folder. Several hosts need the same token.",
        secret=True,
    )
    operator_token_file: str = setting(
        "", "A file with the token of the operator, such as a Docker secret; instead of OPERATOR_TOKEN."
    )
    recorder: Literal["operator", "public"] = setting(
        "operator",
        "Who may list, read, count and export records: the `operator`, or anyone (`public`), without file names, "
        "metadata of pictures and client addresses. In both cases only the operator may change records that others "
        "made.",
    )

    @property
    def records(self) -> str:
        """RECORDS_URL, or its default."""
        return self.records_url or f"sqlite:///{self.instance.resolve() / 'records.sqlite'}"

    @property
    def hosts(self) -> list[str] | None:
        """The host names that the server answers to; None: any."""
        if self.trusted_hosts:
            return list(self.trusted_hosts)
        return [*LOCAL_NAMES, self.host] if self._listens_on_loopback and not self.trusted_proxies else None

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches the server, so that its user is the operator and nothing is asked."""
        return (
            self._listens_on_loopback
            and set(self.trusted_hosts) <= {*LOCAL_NAMES, self.host}
            and not self.trusted_proxies
            and not (self.operator_token or self.operator_token_file)
        )

    @property
    def _listens_on_loopback(self) -> bool:
        try:
            return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Raises ValueError with a message for people."""
        hints = get_type_hints(cls)
        values: dict[str, Any] = {}
        for each in fields(cls):
            text = environment.get(each.name.upper())
            if text is not None:
                values[each.name] = _read(each.name.upper(), text.strip(), hints[each.name])
        for proxy in values.get("trusted_proxies", ()):
            _check_network(proxy)
        return cls(**values)


def _check_network(text: str) -> None:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        raise ValueError(
            f"TRUSTED_PROXIES has {text!r}; it must list addresses or networks such as 10.0.0.0/8."
        ) from None


def _read(name: str, text: str, kind: Any) -> Any:
    if kind is bool:
        if text.lower() not in ("true", "false", "1", "0"):
            raise ValueError(f"{name} is {text!r}; it must be true or false.")
        return text.lower() in ("true", "1")
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise ValueError(f"{name} is {text!r}; it must be a whole number.") from None
    if get_origin(kind) is Literal:
        if text not in get_args(kind):
            raise ValueError(f"{name} is {text!r}; it must be one of {', '.join(get_args(kind))}.")
        return text
    if kind is Path:
        return Path(text).expanduser()
    if kind is str:
        return text
    return tuple(part.strip() for part in text.split(",") if part.strip())


def settings_page() -> str:
    """docs/settings.md, as Markdown."""
    rows = [
        "# Settings",
        "",
        "Environment variables, read once at start. Generated by `python -m backend.settings > docs/settings.md`.",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    for each in fields(Settings):
        default = each.default
        if default == TOP:
            default = "the project folder"
        elif isinstance(default, bool):
            default = str(default).lower()
        elif default in ("", ()):
            default = "empty"
        rows.append(f"| `{each.name.upper()}` | {default} | {each.metadata['description']} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    print(settings_page(), end="")
