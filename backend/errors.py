"""What can be wrong with a request, said to a person: problem details after RFC 9457."""

from __future__ import annotations


class Problem(Exception):
    """A refusal that becomes an `application/problem+json` answer.

    Raise it anywhere below a route: `code` is stable and for programs, `detail` is for people and
    says what was wrong and what to do.
    """

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
