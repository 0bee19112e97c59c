"""What a browser is told to allow, and which cross-site requests are refused.

No tokens: Fetch Metadata with an Origin fallback, after OWASP's cheat sheet on CSRF and
https://web.dev/articles/fetch-metadata.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Request, Response, request

from backend.errors import Problem

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = [
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
]
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def is_cross_site(sent: Request) -> bool:
    """Whether a browser sent this for a page of another origin. What isn't a browser never is."""
    site = sent.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = sent.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != sent.host


def init_app(app: Flask) -> None:
    @app.before_request
    def refuse_cross_site() -> None:
        if request.method not in SAFE_METHODS and is_cross_site(request):
            raise Problem(403, "cross_site", "Another site may not send this; use Digitpad's page.")

    @app.after_request
    def add_headers(answer: Response) -> Response:
        answer.headers.extend(HEADERS)
        if "Cache-Control" not in answer.headers:
            answer.headers["Cache-Control"] = "no-store"
        return answer
