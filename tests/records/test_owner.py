"""The secret of a drawing, and the digest of it that its record keeps."""

from __future__ import annotations

import uuid

import pytest

from backend.records.ids import new_key
from backend.records.owner import is_owner, owner_of, secret_of

KEY = uuid.UUID("0193632b-5ac2-7e4b-8d62-bd5ea1f03c77")
OTHER_KEY = uuid.UUID("01932c07-209e-7d00-9c4a-1693d31e452a")


def test_a_key_always_gives_the_same_secret() -> None:
    """Hosts of different versions must agree, so this value never changes."""
    assert secret_of(KEY) == "3n_QoO0jYy5fvUoWNHII2qaS"


def test_different_keys_give_different_secrets() -> None:
    assert len({secret_of(new_key()) for _ in range(100)}) == 100


def test_the_owner_is_whoever_knows_the_secret() -> None:
    secret = secret_of(KEY)
    assert is_owner(secret, owner_of(secret))


def test_the_digest_in_a_record_is_not_the_secret() -> None:
    owner = owner_of(secret_of(KEY))
    assert owner != secret_of(KEY)
    assert not is_owner(owner, owner)


@pytest.mark.parametrize("secret", ["", secret_of(OTHER_KEY), secret_of(KEY)[:-1], secret_of(KEY) + "A", "Schlüssel"])
def test_another_secret_is_not_the_owners(secret: str) -> None:
    assert not is_owner(secret, owner_of(secret_of(KEY)))


@pytest.mark.parametrize("secret", ["", "None", secret_of(KEY)])
def test_a_record_of_an_earlier_version_belongs_to_nobody(secret: str) -> None:
    assert not is_owner(secret, None)
