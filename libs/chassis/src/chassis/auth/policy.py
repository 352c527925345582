"""Who may do what: one table per service, default deny, decided by a pure function.

A rule names, for each role, the relation to the object that the role needs. Relations are data: the
service finds them in its own tables ("teaches", "homeroom") or in what the token vouches for
(`WORKS_AT`), and hands them over. The same table renders the documentation and the test matrix.
"""

from collections.abc import Collection, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass

import structlog

from chassis.auth.principal import Principal, Role
from chassis.errors import Forbidden, nothing_here

ANY = "any"
"""The relation that everyone has to everything: the role alone decides."""

_log = structlog.get_logger("chassis.audit")


@dataclass(slots=True)
class Decisions:
    """Whether the request at hand has met the policy; the route refuses to answer if not."""

    taken: bool = False


current_decisions: ContextVar[Decisions | None] = ContextVar("current_decisions", default=None)


class Policy:
    """The table of one service: action → role → the relations of which one is needed.

    ``Policy({"scores.enter": {Role.TEACHER: "teaches", Role.PRINCIPAL: WORKS_AT}})``. An action in
    `concealed` answers 404 instead of 403 to a role that may do it elsewhere, so that a stranger
    cannot learn which objects exist.
    """

    def __init__(
        self,
        rules: Mapping[str, Mapping[Role, str | Collection[str]]],
        *,
        concealed: Collection[str] = (),
    ) -> None:
        """Freeze the table; `concealed` may only name actions of it."""
        self._rules = {
            action: {
                role: frozenset({needed} if isinstance(needed, str) else needed)
                for role, needed in roles.items()
            }
            for action, roles in rules.items()
        }
        self._concealed = frozenset(concealed)
        if unknown := self._concealed - self._rules.keys():
            message = f"concealed actions without a rule: {', '.join(sorted(unknown))}"
            raise ValueError(message)

    @property
    def actions(self) -> tuple[str, ...]:
        """Return every action that has a rule."""
        return tuple(self._rules)

    def conceals(self, action: str) -> bool:
        """Tell whether to who may do it elsewhere the object is not there."""
        return action in self._concealed

    def allow(self, principal: Principal, action: str, relations: Collection[str] = ()) -> bool:
        """Decide, without side effect; an action or role that the table lacks is denied."""
        held = {ANY, *relations}
        rule = self._rules.get(action, {})
        return any(not rule.get(role, frozenset()).isdisjoint(held) for role in principal.roles)

    def authorise(self, principal: Principal, action: str, relations: Collection[str] = ()) -> None:
        """Let the request go on, or refuse it and leave an audit line.

        Raises:
            Forbidden: the table does not allow it.
            NotFound: the same, for a concealed action whose role is right and relation is not.

        """
        if (decisions := current_decisions.get()) is not None:
            decisions.taken = True
        if self.allow(principal, action, relations):
            return
        _log.warning(
            "access refused",
            action=action,
            actor=principal.subject,
            roles=sorted(principal.roles),
            relations=sorted(relations),
        )
        if self.conceals(action) and not principal.roles.isdisjoint(self._rules[action]):
            raise nothing_here()
        raise Forbidden("forbidden", "Tài khoản này không được phép thực hiện việc này.")

    def matrix(self) -> Iterator[tuple[str, Role, str | None, bool]]:
        """Yield (action, role, relation held or None, allowed) for every combination."""
        everything = sorted(
            {need for rule in self._rules.values() for needs in rule.values() for need in needs}
            - {ANY}
        )
        for action in self._rules:
            for role in Role:
                for relation in (None, *everything):
                    principal = Principal("matrix", frozenset({role}))
                    held = () if relation is None else (relation,)
                    yield action, role, relation, self.allow(principal, action, held)

    def table(self) -> str:
        """Render the rules as a Markdown table: one row an action, one column a role."""
        lines = [
            "| action | " + " | ".join(Role) + " | refused with |",
            "|---" * (len(Role) + 2) + "|",
        ]
        for action, rule in self._rules.items():
            cells = [" or ".join(sorted(rule[role])) if role in rule else "–" for role in Role]
            refused = "404" if self.conceals(action) else "403"
            lines.append(f"| `{action}` | " + " | ".join(cells) + f" | {refused} |")
        return "\n".join(lines) + "\n"
