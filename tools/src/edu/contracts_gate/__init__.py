"""`./edu contracts check|freeze|docs|kafka`: may the contracts, as they are, be released?"""

import argparse

from contracts.registry import EVENTS
from edu.contracts_gate import access, asyncapi, events_page, frozen, self_test
from edu.contracts_gate.verdict import problems
from edu.home import ROOT

_ROOM = ROOT / frozen.ROOM
_DOCS = ROOT / "docs"
_DOCUMENTS = _DOCS / "asyncapi"
_KAFKA = ROOT / "deploy" / "kafka"


def main(arguments: list[str]) -> int:
    """Run one of them; 1 where something is wrong."""
    parser = argparse.ArgumentParser(prog="./edu contracts", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="compare with everything that was ever frozen")
    check.add_argument("--against", metavar="REV", help="and with what another revision had frozen")
    check.add_argument("--self-test", action="store_true", help="does the gate judge rightly?")
    commands.add_parser("freeze", help="freeze new minor versions, topics and golden samples")
    commands.add_parser("docs", help="write docs/events.md and docs/asyncapi")
    commands.add_parser("asyncapi", help="write docs/asyncapi alone")
    commands.add_parser("kafka", help="write deploy/kafka: topics, users and their rights")
    options = parser.parse_args(arguments)
    if options.command == "freeze":
        print("\n".join(frozen.freeze(_ROOM)) or "nothing new to freeze")
        return 0
    if options.command == "kafka":
        print("\n".join(access.write(_KAFKA)))
        return 0
    if options.command in {"asyncapi", "docs"}:
        written = asyncapi.write(_DOCUMENTS)
        written += events_page.write(_DOCS) if options.command == "docs" else []
        print("\n".join(written))
        return 0
    return _check(options.against, self_test_too=options.self_test)


def _check(against: str | None, *, self_test_too: bool) -> int:
    found = [
        *problems(_ROOM, against),
        *asyncapi.differences(_DOCUMENTS),
        *events_page.differences(_DOCS),
        *access.differences(_KAFKA),
    ]
    events = tuple(event for event in EVENTS if not event.DRAFT)
    if self_test_too:
        tried, wrong = self_test.run(events)
        found += wrong
        print(f"{tried} tried, {len(wrong)} judged wrongly")
    for line in found:
        print(line)
    drafts = len(EVENTS) - len(events)
    print(f"contracts: {len(events)} events, {drafts} drafts, {len(found)} problems")
    return 1 if found else 0
