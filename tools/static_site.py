"""Writes the pages as plain files for any static host: `script/static FOLDER`.

The result is a demo without a server. It reads and explains drawings with the network in the browser and records them
on the device only (frontend/js/device/server.js). Its addresses are relative, so that it also works below the top of a
host.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from backend.settings import TOP
from backend.web.security import CONTENT_SECURITY_POLICY
from backend.web.service_worker import SERVICE_WORKER, with_files

FRONTEND = TOP / "frontend"
PAGES = {"index.html": "/", "recorder.html": "/recorder", "label.html": "/label"}  # and their addresses on the server
HEADER_ONLY = ("frame-ancestors",)  # directives that a page can't give itself


def write(folder: Path) -> None:
    """Raises FileExistsError if the folder has something in it that is not an earlier demo."""
    if folder.exists() and any(folder.iterdir()) and not (folder / SERVICE_WORKER).exists():
        raise FileExistsError(f"{folder} is not empty; name a new folder.")
    shutil.rmtree(folder / "static", ignore_errors=True)
    pages = (*PAGES, "api.html", SERVICE_WORKER)
    shutil.copytree(FRONTEND, folder / "static", ignore=lambda at, _: pages if Path(at) == FRONTEND else ())
    for name in PAGES:
        (folder / name).write_text(page(name))
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    script = with_files((FRONTEND / SERVICE_WORKER).read_text(), files | {"": folder / "index.html"})
    (folder / SERVICE_WORKER).write_text(script)


def page(name: str) -> str:
    """A page with relative addresses, without a link to the API, which only a server has."""
    html = (FRONTEND / name).read_text()
    html = re.sub(r'\n *<a href="/(api|wall)".*?</a>', "", html)
    for file, address in PAGES.items():
        html = html.replace(f'href="{address}"', f'href="{file}"')
    html = re.sub(r'(href|src)="/static/', r'\1="static/', html)
    directives = [each for each in CONTENT_SECURITY_POLICY.split("; ") if not each.startswith(HEADER_ONLY)]
    head = f"""<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="{"; ".join(directives)}">
  <meta name="digitpad-server" content="none">"""
    html = html.replace('<head>\n  <meta charset="utf-8">', head, 1).replace("<html ", '<html class="demo" ', 1)
    return html


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("Name the folder to write to: script/static FOLDER")
    try:
        write(Path(sys.argv[1]))
    except FileExistsError as error:
        sys.exit(str(error))
    print(f"{sys.argv[1]} is a demo for any static host; to try it: python3 -m http.server --directory {sys.argv[1]}")


if __name__ == "__main__":
    main()
