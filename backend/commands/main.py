"""The command line: `script/digitpad COMMAND`, or `python -m backend COMMAND`."""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path

from backend import __version__
from backend.commands import predict, records, token
from backend.commands.evaluate import evaluate
from backend.model_folder import roll_back
from backend.reading.recognizer import ModelMismatch
from backend.records.record import RecorderUnavailable
from backend.settings import Settings

EXIT_STATUSES = (
    "Exit status: 0, all of it was done; 1, something could not be done, which standard error says; 2, a wrong "
    "argument or, for serve, a wrong setting; 130, interrupted."
)


def main(arguments: Sequence[str]) -> int:
    """Run a command and return its exit status. Without a command it serves."""
    if arguments[:1] == ["evaluate"]:  # its arguments are those of training/card.py, which may not be installed
        return evaluate(arguments[1:])
    given = _parser().parse_args(arguments or ["serve"])
    try:
        status: int = given.run(given)
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # whoever reads the output has stopped, such as `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ValueError, OSError, sqlite3.Error, RecorderUnavailable, ModelMismatch) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; start it again to continue.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="digitpad",
        description="Read handwritten digits. The settings are environment variables: docs/settings.md.",
        epilog=EXIT_STATUSES,
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    serve = commands.add_parser("serve", help="serve the page and the API (the default)")
    serve.set_defaults(run=_serve)

    predicted = commands.add_parser("predict", help="read pictures in files")
    predict.add_to(predicted)
    predicted.set_defaults(run=predict.run)

    records.add_to(commands.add_parser("records", help="list, export, delete, copy, back up and deliver records"))

    shown = commands.add_parser("token", help="show or replace the operator token")
    token.add_to(shown)
    shown.set_defaults(run=token.run)

    commands.add_parser("evaluate", help="measure the network, like script/evaluate")

    retrained = commands.add_parser(
        "retrain",
        help="train the network on what people have drawn and labeled",
        description="Train the network on labeled records, compare it with the one in use, and use it if it passes a "
        "gate: docs/retraining.md. The settings must be those of the server, which may run. Exit status 1: it did "
        "not pass.",
    )
    retrained.add_argument("--roll-back", action="store_true", help="use the network again that was in use before")
    retrained.add_argument(
        "--data",
        type=Path,
        default=os.environ.get("DIGITPAD_DATA"),
        help="the training data (default: DIGITPAD_DATA, or download them once)",
    )
    retrained.add_argument("--steps", type=int, help="batches to train (default: 400, about three minutes)")
    retrained.set_defaults(run=_retrain)

    version = commands.add_parser("version", help="print the version")
    version.set_defaults(run=_version)
    return parser


def _serve(given: argparse.Namespace) -> int:
    from backend.server import serve  # the only command that needs Flask

    return serve()


def _retrain(given: argparse.Namespace) -> int:
    if given.roll_back:
        print(f"The network in {roll_back(Settings.from_environment())} is in use again.")
        return 0
    try:
        from backend.commands.retrain import run  # the image for serving has no training/

        return run(given)
    except ModuleNotFoundError as error:
        print(
            f"Retraining needs {error.name}; run it in a checkout, after `script/environment train`.", file=sys.stderr
        )
        return 1


def _version(given: argparse.Namespace) -> int:
    print(__version__)
    return 0
