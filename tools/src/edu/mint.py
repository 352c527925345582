"""`./edu token ROLE`: mints a token from the development issuer and prints it."""

from __future__ import annotations

import argparse

from edu.failure import Failure
from edu.home import Home


def main(arguments: list[str]) -> int:
    """Print one token."""
    parser = argparse.ArgumentParser(prog="./edu token")
    parser.add_argument("role", help="teacher, principal, department-officer, auditor, service …")
    parser.add_argument("--subject", help="whose token it is; else the role's one in development")
    parser.add_argument("--school", help="the school that the identity provider would vouch for")
    parser.add_argument("--unit", help="the unit that it would vouch for")
    chosen = parser.parse_args(arguments)
    home = Home.default()
    if not (home.folder / "jwks.json").exists():
        raise Failure("No issuer here yet: `./edu up` makes it, with the services that trust it.")
    from edu.tokens import token  # noqa: PLC0415 - after the arguments proved right

    print(token(home, chosen.role, subject=chosen.subject, school=chosen.school, unit=chosen.unit))
    return 0
