"""`python -m edu COMMAND …`, which is what the script `./edu` calls."""

from __future__ import annotations

import importlib
import sys

from edu.failure import Failure

# command: (module with `main(arguments) -> exit code`, what it does). Only the one asked for loads.
COMMANDS = {
    "demo": ("edu.demo", "a small province's school day, from nothing to exact numbers"),
    "up": ("edu.up", "start broker, database and services: up [SERVICE…] [--detach]"),
    "down": ("edu.down", "stop what `up` started"),
    "status": ("edu.status", "what runs, where"),
    "token": ("edu.mint", "mint a token: token ROLE [--subject --school --unit]"),
    "topics": ("edu.topics", "topics apply: make Kafka's topics what contracts says"),
    "rights": ("edu.rights", "rights apply [--passwords FOLDER]: each service's rights in Kafka"),
    "verify": ("edu.verify", "recount every number from the log: verify [--json] [--self-test]"),
    "totals": ("edu.totals", "the owners' own totals against the statistics: totals [--json]"),
    "audit": ("edu.audit", "audit selftest [--seed S]; audit verify: the history of scores"),
    "law": ("edu.law", "law evaluate [--reading K=V]… < cases.jsonl; law options: the open points"),
    "rebuild": ("edu.rebuild", "count the log again beside the live aggregator, and switch"),
    "import-exam": ("edu.import_exam", "save an examination's scores: import-exam FILE.csv"),
    "contracts": ("edu.contracts_gate", "contracts check [--against REV] [--self-test]"),
    "compose": ("edu.compose", "draw the secrets and settings that compose.yaml reads"),
    "skew": ("edu.skew", "each service from the previous release beside the new others"),
    "chaos": ("edu.chaos", "faults on real processes: chaos [SCENARIO…] [--seed S] [--minutes M]"),
    "proof": ("edu.proof", "the aggregator counts exactly once: proof [PROOF…] [--seed] [--kills]"),
    "bench": ("edu.bench", "measure"),
    "doctor": ("edu.doctor", "what is used, and from where: doctor [--orphans]"),
    "test": ("edu.test", "test [unit|wire|all|traps|fuzz] [pytest's options]"),
    "check": ("edu.check", "format, lint, types, import rules, contracts gate"),
    "lock": ("edu.lock", "refresh the locks: lock [--artifacts]"),
}
INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    """Run one command; what it cannot do is one clear line, not a traceback."""
    if not arguments or arguments[0] not in COMMANDS:
        for name, (_, purpose) in COMMANDS.items():
            print(f"  ./edu {name:12} {purpose}")
        return 0 if not arguments or arguments[0] in {"help", "-h", "--help"} else 2
    try:
        module = importlib.import_module(COMMANDS[arguments[0]][0])
        code: int = module.main(arguments[1:])
    except Failure as failure:
        print(f"edu: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
