"""Gzip for the pages' files, where the browser accepts it."""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

TEXT = {"text/html", "text/css", "text/javascript", "image/svg+xml"}
TEXT_FILES = {"application/json"}  # but not the responses of the API, which are small and many


def init_app(app: Flask) -> None:
    @app.after_request
    def compress(response: Response) -> Response:
        from_file = response.direct_passthrough
        if not (response.mimetype in TEXT or (from_file and response.mimetype in TEXT_FILES)):
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
