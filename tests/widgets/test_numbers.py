"""One thing counted twice is one number: tiles, headlines, figures and tables agree, and say what they count."""

from __future__ import annotations

from organisations import AS_OF, acme

from auditkit.schema import frame
from auditkit.snapshot import build
from auditkit.widgets.desk import open_desk


def test_one_number_of_roles_that_do_not_fit_wherever_it_stands() -> None:
    """Two principals of three on a role without ApiKey, one of them on another that has it: 2 of 3 pairs, 2 of 3 keys."""
    snapshot = build(
        {
            "principals": frame("principals", {
                "principal_id": ["k1", "k2", "k3"], "type": ["ApiKey"] * 3, "display_name": ["a", "b", "c"],
                "status": ["Active"] * 3, "organisation_id": ["org"] * 3, "created_at": ["2026-09-25T00:00:00Z"] * 3,
            }),
            "roles": frame("roles", {
                "role_id": ["bad", "good"], "name": ["Bad", "Good"], "scope": ["Organisation"] * 2,
                "supported_principal_types": [["User"], ["ApiKey"]], "permission_ids": [["p"], ["p"]],
            }),
            "role_assignments": frame("role_assignments", {
                "assignment_id": ["1", "2", "3", "4"], "principal_id": ["k1", "k1", "k2", "k1"],
                "role_id": ["bad", "bad", "bad", "good"], "organisation_id": ["org"] * 4,
                "created_at": ["2026-09-25T00:00:00Z"] * 4,
            }),
        },
        organisation_id="org", as_of=AS_OF,
    )  # fmt: skip
    desk = open_desk(snapshot)
    said = "2 of 3 roles given to ApiKey principals do not support ApiKey"
    for name in ("roles", "support"):
        view = desk.panel(name).view
        assert view.headline == said
        assert view.draw is not None
        assert view.draw().get_suptitle() == said
        assert "concerns 2 of 3 ApiKey principals (2 of them have a role) and 1 of 2 roles given to them" in view.notes[0]
    assert "<strong>2</strong> of 3</span><span>roles given to ApiKey principals" in desk.panel("answer").static().fragment
    assert desk.answer().set_index("rule").found["ROL001"] == "2 of 3"


def test_a_part_is_never_drawn_as_the_whole() -> None:
    desk = open_desk(acme(incomplete={"roles": "403", "credentials": "403"}))
    for name in ("roles", "support", "credentials", "calendar", "inactive"):
        assert desk.panel(name).view.draw is None, name
    assert desk.panel("roles").view.headline == "Not evaluated: how many roles given to ApiKey principals do not support ApiKey"
    assert "<strong>?</strong> not evaluated</span><span>roles given" in desk.panel("answer").static().fragment
