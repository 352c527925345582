"""Options of the simulation."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `./edu test simulation` say how many seeds, or which one."""
    group = parser.getgroup("simulation")
    group.addoption("--seeds", type=int, default=None, help="how many seeds are played")
    group.addoption("--seed", type=int, default=None, help="play only this one, and tell its moves")
