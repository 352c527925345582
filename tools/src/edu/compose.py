"""`./edu compose`: draws the secrets and copies the settings that compose.yaml reads.

What is there already stays as it is, so it may be called again, also after a service has come.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from chassis.auth.issuer import jwks_path, open_key
from edu.home import ROOT, new_key, new_password
from edu.suite import SERVICES

SECRETS = ROOT / "deploy" / "secrets"
SETTINGS = ROOT / "deploy" / "env"
READABLE = 0o444
"""For a container's own user. Nobody else comes near: the folder is its owner's alone."""


def secrets() -> dict[str, str]:
    """Draw every secret, by the name of its file."""
    drawn = {
        "postgres_password": new_password(),
        "master_key": new_key(),
        "history_key": new_key(),
        "signin_key": new_key(),
    }
    for entry in SERVICES.values():
        name = entry.package
        drawn[f"{name}_database_url"] = f"postgresql://{name}:{new_password()}@postgres/{name}"
    return drawn


def prepare(folder: Path, settings: Path) -> list[str]:
    """Make what is missing; return its names."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    made = []
    for name, secret in secrets().items():
        path = folder / name
        if not path.exists():
            path.write_text(secret, "utf-8")
            path.chmod(READABLE)
            made.append(str(path))
    if not jwks_path(folder).exists():
        open_key(folder, environment="development")
        made.append(str(jwks_path(folder)))
    for example in sorted(settings.glob("*.env.example")):
        path = example.with_suffix("")
        if not path.exists():
            shutil.copyfile(example, path)
            made.append(str(path))
    return made


def main(arguments: list[str]) -> int:
    """Prepare, and say what to do next."""
    if arguments:
        print("usage: ./edu compose")
        return 2
    for path in prepare(SECRETS, SETTINGS):
        print(f"made {Path(path).relative_to(ROOT)}")
    print("Ready: docker compose up --build --wait [SERVICE…]")
    print("A token for it: EDU_HOME=deploy/secrets ./edu token ROLE")
    return 0
