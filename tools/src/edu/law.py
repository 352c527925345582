"""`./edu law evaluate [--reading key=value]… [--explain]` and `./edu law options [--json]`.

The law as an open calculator: the functions that the services use, for whoever wants to hold an
own computation against them. `evaluate` reads one JSON object a line, ``{"id", "kind", "input"}``,
and answers each with one line, ``{"id", "result"}`` or ``{"id", "error": {"at", "message"}}``;
``at`` is a JSON pointer into the line, empty where the line is no JSON.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from edu.failure import Failure
from gradebook.results.queries import (
    KINDS,
    OPEN_POINTS,
    BrokenCaseError,
    Readings,
    UnknownReadingError,
    evaluate,
    explain,
    readings,
)


class Line(msgspec.Struct):
    """A line; more than these three (a sample's result, say) is passed over."""

    id: Any = None
    kind: Any = None
    input: msgspec.Raw = msgspec.Raw()


def main(arguments: list[str]) -> int:
    """Decide cases, or show where the law leaves a point open."""
    parser = argparse.ArgumentParser(prog="./edu law", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    deciding = commands.add_parser("evaluate", help="decide the cases on standard input")
    deciding.add_argument("--reading", action="append", default=[], metavar="KEY=VALUE")
    deciding.add_argument("--explain", action="store_true", help="say why, in Vietnamese")
    showing = commands.add_parser("options", help="the open points, each with a case")
    showing.add_argument("--json", action="store_true", help="one JSON object a line, in full")
    options = parser.parse_args(arguments)
    if options.command == "options":
        for line in _options(in_full=options.json):
            print(line)
        return 0
    chosen = _readings(options.reading)
    out = sys.stdout.buffer
    for answer in answers(sys.stdin.buffer, chosen, why=options.explain):
        out.write(answer + b"\n")
        out.flush()  # whoever writes a line and waits for its answer gets it
    return 0


def answers(lines: Iterable[bytes], chosen: Readings, *, why: bool = False) -> Iterator[bytes]:
    """Answer each line; with ``why``, also how its result came about."""
    decoder = msgspec.json.Decoder(Line)
    for raw in lines:
        line = Line()
        try:
            line = decoder.decode(raw)
            answer = {"id": line.id} | _decide(line, chosen, why=why)
        except BrokenCaseError as error:
            answer = {"id": line.id, "error": {"at": error.at, "message": error.message}}
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            message = f"Dòng này không phải một đối tượng JSON hợp lệ. Sửa cú pháp: {error}"
            answer = {"id": line.id, "error": {"at": "", "message": message}}
        yield msgspec.json.encode(answer)


def _decide(line: Line, chosen: Readings, *, why: bool) -> dict[str, object]:
    if not isinstance(line.kind, str) or line.kind not in KINDS:
        raise BrokenCaseError("/kind", f"Loại không có. Chọn một trong: {', '.join(KINDS)}.")
    raw = bytes(line.input)
    if not raw:
        raise BrokenCaseError("/input", "Thiếu thông tin bắt buộc. Bổ sung trường này.")
    try:
        if why:
            result, steps = explain(line.kind, raw, chosen)
            return {"result": result, "explanation": steps}
        return {"result": evaluate(line.kind, raw, chosen)}
    except BrokenCaseError as error:
        raise BrokenCaseError(f"/input{error.at}", error.message) from None


def _readings(wanted: Iterable[str]) -> Readings:
    pairs = [one.partition("=") for one in wanted]
    try:
        return readings({key.strip(): value.strip() for key, _, value in pairs})
    except UnknownReadingError as error:
        raise Failure(f"--reading {error}") from None


def _options(*, in_full: bool) -> Iterator[str]:
    for one in OPEN_POINTS:
        found = one.results()
        if in_full:
            yield _json(
                {
                    "option": one.option,
                    "values": one.values,
                    "default": one.values[0],
                    "point": one.point,
                    "kind": one.kind,
                    "input": one.input,
                    "results": found,
                }
            )
            continue
        yield f"{one.option} = {' | '.join(one.values)}   (mặc định: {one.values[0]})"
        yield f"  {one.point}"
        yield f"  {_json({'kind': one.kind, 'input': one.input})}"
        for at, value in enumerate(one.values):
            parts = [f"{place}: {_json(each[at])}" for place, each in _differing(found.values())]
            yield f"  {value:13} → {', '.join(parts)}"
        yield ""


def _differing(documents: Iterable[Any], place: str = "") -> Iterator[tuple[str, Sequence[object]]]:
    """Yield the places where documents differ, as deep as all of them go, with their values."""
    found = list(documents)
    if all(one == found[0] for one in found):
        return
    if all(isinstance(one, dict) and one.keys() == found[0].keys() for one in found):
        for key in found[0]:
            yield from _differing((one[key] for one in found), f"{place}/{key}")
    elif all(isinstance(one, list) and len(one) == len(found[0]) for one in found):
        for at in range(len(found[0])):
            yield from _differing((one[at] for one in found), f"{place}/{at}")
    else:
        yield place, found


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
