"""`./edu status`: what runs, where, since when its process is the same, and whether it is ready."""

from __future__ import annotations

import json

from edu.home import Home
from edu.supervisor import ask, running


def main(arguments: list[str]) -> int:
    """Print one line per process; exit 1 if one is not well."""
    if arguments:
        print("usage: ./edu status")
        return 2
    run = running(Home.default())
    well = True
    for process in run["processes"]:
        name, url = process["name"], run["services"].get(process["name"], {}).get("url")
        state = "runs"
        if url is not None:
            status, answer = ask(f"{url}/readyz")
            state = "ready" if status == 200 else _why(answer)  # noqa: PLR2004 - HTTP's own number
            well = well and status == 200  # noqa: PLR2004 - HTTP's own number
        print(f"{name:15} {process['pid']:>8}  {url or '':24} {state}")
    print(f"kafka at {run['kafka']['bootstrap']}; logs in {Home.default().logs}")
    return 0 if well else 1


def _why(answer: str) -> str:
    """Return what a service that is not ready says is missing."""
    try:
        parts = json.loads(answer)["parts"]
    except (ValueError, KeyError, TypeError):
        return answer or "does not answer"
    return "; ".join(
        f"{part['name']}: {part.get('detail', part['state'])}"
        for part in parts
        if part["state"] != "ok"
    )
