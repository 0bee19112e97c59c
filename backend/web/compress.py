"""Gzip for the pages' files, where the browser accepts it."""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

TEXT = {"text/html", "text/css", "text/javascript", "image/svg+xml"}


def init_app(app: Flask) -> None:
    @app.after_request
    def compress(response: Response) -> Response:
        if response.mimetype not in TEXT:
            return response
        response.vary.add("Accept-Encoding")
        if response.status_code != 200 or request.accept_encodings.quality("gzip") <= 0:
            return response
        response.direct_passthrough = False  # a file that is read here
        response.data = gzip.compress(response.data, compresslevel=6, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
        if response.headers.get("ETag", "").startswith('"'):
            response.headers["ETag"] = f"W/{response.headers['ETag']}"  # the same file, encoded differently
        return response
