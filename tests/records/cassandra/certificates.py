"""Test certificates, made by openssl: an authority and the certificates that it signs."""

from __future__ import annotations

import subprocess
from pathlib import Path

PASSWORD = "changeit"  # of the Java key stores


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def cassandra_yaml(folder: Path) -> Path:
    """A configuration for a node that requires a password, TLS and a client certificate. The files that the client
    needs are in the same folder: authority.pem, app.pem and app.key."""
    authority = make_authority(folder, "authority")
    for name in ("node", "app"):
        make_signed(folder, name, authority)
    keytool = ["keytool", "-importcert", "-noprompt", "-storetype", "PKCS12", "-storepass", PASSWORD]
    files = ["-file", str(authority), "-keystore", str(folder / "trusted.p12")]
    subprocess.run([*keytool, *files], check=True, capture_output=True)
    lines = folder / "cassandra.yaml"
    lines.write_text(f"""
authenticator: PasswordAuthenticator
client_encryption_options:
  enabled: true
  optional: false
  store_type: PKCS12
  keystore: {folder}/node.p12
  keystore_password: {PASSWORD}
  require_client_auth: true
  truststore: {folder}/trusted.p12
  truststore_password: {PASSWORD}
""")
    return lines


def make_authority(folder: Path, name: str) -> Path:
    """Make NAME.pem, an authority, and NAME.key."""
    openssl(
        folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "30",
        "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}",
        "-addext", "keyUsage=critical,keyCertSign",
    )  # fmt: skip
    return folder / f"{name}.pem"


def make_signed(folder: Path, name: str, authority: Path) -> Path:
    """Make NAME.pem, signed by the authority, NAME.key, and NAME.p12 with both for Java."""
    openssl(
        folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "30",
        "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}",
        "-addext", "basicConstraints=critical,CA:FALSE",
        "-CA", str(authority), "-CAkey", str(authority.with_suffix(".key")),
    )  # fmt: skip
    openssl(
        folder, "pkcs12", "-export", "-in", f"{name}.pem", "-inkey", f"{name}.key", "-out", f"{name}.p12",
        "-passout", f"pass:{PASSWORD}",
    )  # fmt: skip
    return folder / f"{name}.pem"
