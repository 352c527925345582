"""One table decides; what it does not say is denied."""

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from chassis.auth import ANY, WORKS_AT, Policy, Principal, Role
from chassis.errors import Forbidden, NotFound

POLICY = Policy(
    {
        "scores.enter": {Role.TEACHER: "teaches", Role.PRINCIPAL: WORKS_AT},
        "scores.read": {
            Role.TEACHER: ("teaches", "homeroom"),
            Role.PRINCIPAL: WORKS_AT,
            Role.AUDITOR: ANY,
        },
        "units.read": dict.fromkeys(Role, ANY),
    },
    concealed={"scores.read"},
)


def principal(*roles: Role) -> Principal:
    return Principal("somebody", frozenset(roles))


def test_a_role_needs_its_relation() -> None:
    teacher = principal(Role.TEACHER)
    assert POLICY.allow(teacher, "scores.enter", {"teaches"})
    assert not POLICY.allow(teacher, "scores.enter", {"homeroom"})
    assert not POLICY.allow(teacher, "scores.enter")


def test_one_of_several_relations_is_enough() -> None:
    assert POLICY.allow(principal(Role.TEACHER), "scores.read", {"homeroom"})


def test_the_role_alone_is_enough_where_the_table_says_any() -> None:
    assert POLICY.allow(principal(Role.AUDITOR), "scores.read")


def test_one_of_several_roles_is_enough() -> None:
    assert POLICY.allow(principal(Role.GUARDIAN, Role.PRINCIPAL), "scores.enter", {WORKS_AT})


@given(
    roles=st.frozensets(st.sampled_from(Role)),
    action=st.sampled_from([*POLICY.actions, "scores.erase", ""]),
    relations=st.frozensets(st.sampled_from(["teaches", "homeroom", WORKS_AT, "officer-of"])),
)
def test_nothing_is_allowed_that_the_table_does_not_say(
    roles: frozenset[Role], action: str, relations: frozenset[str]
) -> None:
    table = {(a, role, held) for a, role, held, allowed in POLICY.matrix() if allowed}
    said = any(
        (action, role, held) in table for role in roles for held in (None, *sorted(relations))
    )
    assert POLICY.allow(principal(*roles), action, relations) is said


def test_a_stranger_learns_nothing_of_a_concealed_object() -> None:
    with pytest.raises(NotFound):
        POLICY.authorise(principal(Role.TEACHER), "scores.read")
    with pytest.raises(Forbidden):
        POLICY.authorise(principal(Role.GUARDIAN), "scores.read")
    with pytest.raises(Forbidden):
        POLICY.authorise(principal(Role.TEACHER), "scores.enter")


def test_a_refusal_leaves_an_audit_line() -> None:
    with structlog.testing.capture_logs() as lines, pytest.raises(Forbidden):
        POLICY.authorise(principal(Role.GUARDIAN), "scores.enter", {"teaches"})
    assert lines == [
        {
            "event": "access refused",
            "log_level": "warning",
            "action": "scores.enter",
            "actor": "somebody",
            "roles": ["guardian"],
            "relations": ["teaches"],
        }
    ]


def test_the_table_is_its_own_documentation() -> None:
    header, _, enter, read, _ = POLICY.table().splitlines()
    assert "| teacher | homeroom-teacher | principal |" in header
    assert enter.startswith("| `scores.enter` | teaches | – | works-at |")
    assert enter.endswith("| 403 |")
    assert read.startswith("| `scores.read` | homeroom or teaches |")
    assert read.endswith("| 404 |")


def test_the_token_proves_where_its_bearer_works() -> None:
    teacher = Principal("somebody", frozenset({Role.TEACHER}), school="A")
    assert teacher.relations_to_school("A") == {WORKS_AT}
    assert teacher.relations_to_school("B") == frozenset()
    assert principal(Role.TEACHER).relations_to_school("A") == frozenset()


def test_a_misspelt_concealed_action_is_noticed_at_once() -> None:
    with pytest.raises(ValueError, match=r"scores\.raed"):
        Policy({}, concealed={"scores.raed"})
