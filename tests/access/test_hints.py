"""An unknown name is answered with what may have been meant: a near id, or the id of what is called so."""

from __future__ import annotations

import pytest
from documents import snapshot_of
from small import organisation, principal

from auditkit.access.compare import compare
from auditkit.access.explain import explain
from auditkit.access.hints import unknown_principal
from auditkit.access.who_can import who_can
from auditkit.errors import UnknownPermission, UnknownPrincipal
from auditkit.snapshot import build

NAMED = [
    principal("ada", "User"),
    principal("key-0043", "ApiKey", displayName="Gateway 7, Heron Lock"),
    principal("key-0044", "ApiKey", displayName="Gateway 70, Heron Lock"),
    principal("key-0045", "ApiKey", displayName="Old Gateway 7"),
]


def test_a_display_name_is_looked_up() -> None:
    for ask in (
        lambda whole: explain(whole, "Gateway 7", "iot.device.read"),
        lambda whole: compare(whole, "gateway 7", "ada"),
    ):
        with pytest.raises(UnknownPrincipal) as told:
            ask(snapshot_of(organisation(principals=NAMED)))
        hint = "did you mean key-0043 (Gateway 7, Heron Lock) or key-0045 (Old Gateway 7)?"
        assert str(told.value).endswith(hint)


def test_a_mistaken_id_is_answered_with_ids_alone() -> None:
    told = str(unknown_principal("key-043", [("key-0043", "Gateway 7"), ("ada", "Ada")], None))
    assert told == "no principal 'key-043' in the snapshot; did you mean key-0043?"


def test_a_mistaken_name_too() -> None:
    told = str(unknown_principal("Gatway Seven", [("key-0043", "Gateway seven"), ("ada", "Ada")], None))
    assert told.endswith("did you mean key-0043 (Gateway seven)?")


@pytest.mark.parametrize("wanted", ["", " ", "x", "zzzzzzzz", "y" * 5000, "(", "[a"])
def test_nothing_is_made_up(wanted: str) -> None:
    assert "did you mean" not in str(unknown_principal(wanted, [("key-0043", "Gateway 7")], None))


def test_a_permission_is_looked_up_by_its_name() -> None:
    whole = snapshot_of(organisation())
    permissions = organisation()["permissions"]
    permissions[0]["name"] = "Read devices"
    whole = snapshot_of(organisation(permissions=permissions))
    for ask in (lambda: explain(whole, "ada", "read devices"), lambda: who_can(whole, "read devices")):
        with pytest.raises(UnknownPermission, match=r"did you mean iot\.device\.read \(Read devices\)\?"):
            ask()


def test_a_name_is_untrusted_text() -> None:
    assert "\x1b" not in str(unknown_principal("Gateway 7", [("key-1", "Gateway 7 \x1b[2J")], None))


def test_what_was_not_read_may_be_what_was_meant() -> None:
    whole = snapshot_of(organisation())
    partial = build(whole.frames, organisation_id="org-1", incomplete={"permissions": "403 Forbidden"})
    with pytest.raises(UnknownPermission, match="403 Forbidden"):
        who_can(partial, "no.such.thing")
    with pytest.raises(UnknownPermission) as told:
        who_can(whole, "no.such.thing")
    assert "Forbidden" not in str(told.value)


@pytest.mark.parametrize("wanted", ["IOT.DEVICE.READ", "Iot.Device.Read", "IOT.DEVICE.RAED"])
def test_case_is_no_difference(wanted: str) -> None:
    with pytest.raises(UnknownPermission, match=rf"no permission '{wanted}' in the catalogue; did you mean iot\.device\.read"):
        who_can(snapshot_of(organisation()), wanted)
    assert str(unknown_principal("key-43", [("KEY-0043", "x")], None)).endswith("did you mean KEY-0043?")
    # What is meant is said; it is never taken for the name itself.
    assert who_can(snapshot_of(organisation()), "iot.device.read").principal_id.to_list() == ["ada"]
