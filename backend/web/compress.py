"""The pages' files travel gzipped to browsers that take it."""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

TEXT = {"text/html", "text/css", "text/javascript", "image/svg+xml"}


def init_app(app: Flask) -> None:
    @app.after_request
    def compress(answer: Response) -> Response:
        if answer.mimetype not in TEXT:
            return answer
        answer.vary.add("Accept-Encoding")
        if answer.status_code != 200 or request.accept_encodings.quality("gzip") <= 0:
            return answer
        answer.direct_passthrough = False  # a file, which is read here
        answer.data = gzip.compress(answer.data, compresslevel=6, mtime=0)
        answer.headers["Content-Encoding"] = "gzip"
        if answer.headers.get("ETag", "").startswith('"'):
            answer.headers["ETag"] = f"W/{answer.headers['ETag']}"  # the same file in other bytes
        return answer
