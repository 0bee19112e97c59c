"""Deliver the outbox of a host that will not run again."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from tqdm import tqdm

from backend.commands.connect import connected
from backend.records import open_store
from backend.records.outbox import Outbox
from backend.records.record import RecorderUnavailable
from backend.settings import Settings

WRITE_TIMEOUT = 30.0  # seconds for one operation


def deliver(folder: Path, settings: Settings) -> int:
    """Deliver the outbox in an instance folder to the store of RECORDS_URL and return how many operations that were.

    Raises FileNotFoundError if there is no outbox, ValueError if RECORDS_URL is not set or invalid, and
    RecorderUnavailable if the store or the outbox can't be used or another process is delivering.
    """
    path = folder / "outbox.sqlite"
    if not path.is_file():
        raise FileNotFoundError(f"There is no outbox.sqlite in {folder}; it must be the instance folder of the host.")
    if not settings.records_url:
        raise ValueError("RECORDS_URL is not set; it must be that of the host, whose records are to be delivered.")
    _, store = open_store(settings.records_url)
    with closing(store), closing(Outbox(path, settings.outbox_bytes)) as outbox:
        delivered = 0
        with tqdm(total=outbox.length(), unit=" operations", disable=None) as bar:
            try:
                for count in outbox.deliver(connected(store), WRITE_TIMEOUT):
                    delivered += count
                    bar.update(count)
                if outbox.length():
                    raise RecorderUnavailable(
                        f"Another process is delivering {path}; the server of this host still runs."
                    )
            except RecorderUnavailable as error:
                raise RecorderUnavailable(
                    f"{error} Delivered {delivered}, {outbox.length()} are still queued."
                ) from error
        return delivered
