"""Remarks on what was read: what looks odd is told in the manifest, and what people's names need is not."""
# ruff: noqa: RUF001 (names are meant to be mistaken)

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from auditkit.access.tables import Tables
from auditkit.schema import COLLECTIONS, empty, frame
from auditkit.source.document import import_document
from auditkit.source.remarks import ODD, remarks
from auditkit.widgets.desk import open_desk

READ = pd.Timestamp("2026-10-01T00:00:00Z").as_unit("us")
HIDING = {
    "a right-to-left override": "pay\u202eroll",
    "a mark of direction": "\u200fpayroll",
    "an Arabic letter mark": "pay\u061croll",
    "a zero-width space": "pay\u200broll",
    "a joiner in a Latin word": "pay\u200droll",
    "a non-joiner behind an Arabic word": "علی\u200c",
    "a word joiner": "pay\u2060roll",
    "a byte order mark": "\ufeffpayroll",
    "a soft hyphen": "pay\u00adroll",
    "a tag": "payroll\U000e0041",
    "tags on a black flag that spell no country": "\U0001f3f4\U000e0067\U000e0062\U000e0078\U000e0078\U000e0078\U000e007f",
    "NUL": "pay\x00roll",
    "a tab": "pay\troll",
    "a line end": "pay\nroll",
    "DEL": "payroll\x7f",
    "private use": "payroll\ue000",
    "no character": "payroll\ufffe",
    "not assigned": "payroll\u0378",
    "a filler": "\u3164",
    "a grapheme joiner": "pay\u034froll",
    "a variation selector on a letter": "payroll\ufe0f",
    "a blank of Braille": "\u2800",
    "a joiner before no emoji": "\U0001f468\u200d",
    "two joiners between emoji": "\U0001f468\u200d\u200d\U0001f469",
}
IMITATING = {
    "a Cyrillic letter": "аdmin",
    "several, and more of them than Latin ones": "аԁmіn",
    "behind a hyphen": "svc-аdmin",
    "in one word of three": "the pаyroll key",
    "with an accent on it": "а\u0301dmin",
    "a Greek capital": "Αdmin",
    "a Latin letter in a Cyrillic word": "Aдмин",
    "a Latin letter in a Greek word": "Aθήνα",
    "a Cyrillic letter in a Greek word": "Αθήνα".replace("Α", "А"),
}
ORDINARY = {
    "Zoë", "José", "Łukasz", "Nguyễn Thị Ánh", "O’Connor", "Jean\u2011Luc", "Straße", "İlker Işık", "ﬁnance", "Ｆｉｎａｎｃｅ",
    "山田太郎", "山田 T.", "T山田", "IPサーバー", "葛\U000e0100城", "김철수", "สมชาย", "नमस्ते", "क\u094d\u200dष", "ന\u0d4d\u200d",
    "Ελένη", "Олена", "Ελένη Smith", "IT-отдел", "USBшный", "Тест 123", "محمد", "علی\u200cرضا", "דוד", "ᠮᠣᠩ\u180bᠭᠣᠯ",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 Family", "\u2764\ufe0f", "1\ufe0f\u20e3", "\U0001f469\U0001f3fd\u200d\U0001f4bb",
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "\U0001f1ec\U0001f1e7", "\U0001faf6",
    "10 MΩ", "10 kΩ", "5 µA", "Δt", "№ 7", "© 2026", "\u0600 12", "a\u00a0b", "",
}  # fmt: skip


def people(*names: str, **more: Any) -> dict[str, pd.DataFrame]:
    """Principals `p0`, `p1`, ... of those names."""
    count = len(names)
    columns = {
        "principal_id": [f"p{number}" for number in range(count)], "type": ["User"] * count, "display_name": list(names),
        "status": ["Active"] * count, "organisation_id": ["o"] * count, "created_at": ["2026-01-01T00:00:00Z"] * count,
    }  # fmt: skip
    return {"principals": frame("principals", columns | more)}


def roles(*names: str) -> dict[str, pd.DataFrame]:
    count = len(names)
    columns = {"role_id": [f"r{number}" for number in range(count)], "name": list(names), "scope": ["Organisation"] * count}
    return {"roles": frame("roles", columns | {"permission_ids": [[]] * count})}


def credentials(**times: str) -> dict[str, pd.DataFrame]:
    columns = {"credential_id": "c", "key_id": "k", "name": "main", "principal_id": "p", "kind": "ApiKey", "created_at": "2026-09-01T00:00:00Z"}
    return {"credentials": frame("credentials", {name: [value] for name, value in (columns | times).items()})}


def memberships(*pairs: tuple[str, str]) -> dict[str, pd.DataFrame]:
    """Groups `p0`, `p1`, `p2`, `p3`, with (group, member) pairs."""
    made = people("a", "b", "c", "d", type=["Group", "Group", "Group", "User"])
    return made | {"group_members": frame("group_members", {"group_id": [one for one, _ in pairs], "principal_id": [two for _, two in pairs]})}


class TestNames:
    @pytest.mark.parametrize("name", [*HIDING.values(), *IMITATING.values()], ids=[*HIDING, *IMITATING])
    def test_a_name_that_hides_or_imitates_is_told(self, name: str) -> None:
        (said,) = remarks(people("Ann", name), READ)
        assert said.startswith(f"{ODD}1 with a name that hides or imitates something: principal p1 ")
        assert said.isascii()

    @pytest.mark.parametrize("name", sorted(ORDINARY))
    def test_an_ordinary_name_is_not(self, name: str) -> None:
        assert remarks(people("Ann", name), READ) == []

    def test_it_says_which_characters(self) -> None:
        assert remarks(people("\u202eаdmin") | roles("аdmin"), READ) == [
            "looks odd: 2 with a name that hides or imitates something: principal p0 holds what is not seen or means "
            "nothing: U+202E (right-to-left override); imitates another script within a word: U+0430 (cyrillic small "
            "letter a); role r0 imitates another script within a word: U+0430 (cyrillic small letter a)"
        ]

    def test_an_id_is_shown_by_its_code_points(self) -> None:
        (said,) = remarks(people("a\u200b", principal_id=["é\n"]), READ)
        assert "principal \\xe9\\x0a" in said or "principal \\xe9\n" in said

    def test_of_many_the_first_are_named(self) -> None:
        (said,) = remarks(people(*["a\u200b"] * 12), READ)
        assert said.startswith("looks odd: 12 with a name")
        assert said.endswith("; and 2 more")
        assert said.count("principal p") == 10


ALIKE = [
    ("admin", "аdmin"), ("Cocoa", "Сосоа"), ("BETA", "ΒΕΤΑ"), ("admin", "ad\u00admin"), ("José", "Jose\u0301"),
    ("admin", "ａｄｍｉｎ"), ("finance", "ﬁnance"), ("Gateway 7", "gateway 7"), ("Gateway 7", "Gateway  7"),
    ("Gateway 7", "Gateway\u00a07"), ("ΝΙΚΗ", "νικη"),
]  # fmt: skip
OTHERS = [
    ("Ann", "Ann"), ("Ann", "Bob"), ("Jose", "José"), ("Gateway 1", "Gateway 11"), ("Gateway 7", "Gateway7"),
    ("gateway-l", "gateway-1"), ("Олена", "Олег"), ("山田太郎", "山田大郎"), ("Işıl", "Işil"),
]  # fmt: skip
_LIKE = f"{ODD}2 with a name that looks like another one's, and is not the same: "


class TestLookAlikes:
    @pytest.mark.parametrize(("one", "other"), ALIKE)
    def test_names_that_look_the_same_and_differ_are_told_of_both(self, one: str, other: str) -> None:
        assert f"{_LIKE}principal p0 like p1; principal p1 like p0" in remarks(people(one, other), READ)
        assert f"{_LIKE}role r0 like r1; role r1 like r0" in remarks(roles(one, other), READ)

    @pytest.mark.parametrize(("one", "other"), OTHERS)
    def test_other_names_and_the_same_to_the_byte_are_not(self, one: str, other: str) -> None:
        assert remarks(people(one, other) | roles(one, other), READ) == []

    def test_a_principal_a_group_and_a_role_are_kinds_of_their_own(self) -> None:
        assert remarks(people("ops", "Ops", type=["User", "Group"]) | roles("OPS"), READ) == []

    def test_each_names_all_others(self) -> None:
        (said,) = remarks(people("admin", "Admin", "ADMIN"), READ)
        assert said.endswith("principal p0 like p1, p2; principal p1 like p0, p2; principal p2 like p0, p1")


class TestTimes:
    @pytest.mark.parametrize(
        ("times", "said"),
        [
            ({"expires_at": "2026-08-31T23:59:59Z"}, "credential c expires before it was created"),
            ({"last_used_at": "2026-10-02T00:00:01Z"}, "credential c was last used on 2026-10-02"),
            ({"last_used_at": "9999-12-31T23:59:59Z"}, "credential c was last used on 9999-12-31"),
            ({"created_at": "2026-10-03T00:00:00Z"}, "credential c was created on 2026-10-03"),
        ],
    )
    def test_what_cannot_be_is_told(self, times: dict[str, str], said: str) -> None:
        found = remarks(credentials(**times), READ)
        assert found == [f"{ODD}1 with a time that cannot be, in what was read on 2026-10-01: {said}"]

    @pytest.mark.parametrize(
        "times",
        [
            {},
            {"expires_at": "2026-09-01T00:00:00Z"},
            {"last_used_at": "2026-10-02T00:00:00Z"},
            {"created_at": "2026-10-02T00:00:00Z"},
            {"expires_at": "9999-12-31T23:59:59Z", "revoked_at": "2027-01-01T00:00:00Z"},
        ],
    )
    def test_what_may_be_is_not(self, times: dict[str, str]) -> None:
        assert remarks(credentials(**times), READ) == []


class TestCircles:
    @pytest.mark.parametrize(
        ("pairs", "told"),
        [
            ([("p0", "p0")], "1 in a circle of groups: p0"),
            ([("p0", "p1"), ("p1", "p0"), ("p1", "p2")], "2 in a circle of groups: p0; p1"),
            ([("p0", "p1"), ("p1", "p2"), ("p2", "p0"), ("p2", "p3")], "3 in a circle of groups: p0; p1; p2"),
        ],
    )
    def test_a_group_in_a_circle_is_told(self, pairs: list[tuple[str, str]], told: str) -> None:
        assert remarks(memberships(*pairs), READ) == [ODD + told]

    @pytest.mark.parametrize("pairs", [[], [("p0", "p3")], [("p0", "p1"), ("p1", "p2"), ("p0", "p2")], [("p0", "gone"), ("gone", "p0")]])
    def test_groups_within_others_are_not(self, pairs: list[tuple[str, str]]) -> None:
        assert remarks(memberships(*pairs), READ) == []


def test_of_nothing_there_is_nothing_to_say() -> None:
    assert remarks({}, READ) == []
    assert remarks({name: empty(name) for name in COLLECTIONS}, READ) == []


def test_the_manifest_of_an_import_says_it_and_every_reader_of_it_sees_it(tmp_path: Path) -> None:
    person = {"type": "User", "status": "Active", "organisationId": "o", "createdAt": "2026-01-01T00:00:00Z"}
    document = {
        "organisation": {"id": "o", "name": "Acme", "settings": {"directApiKeyAuth": False}},
        "principals": [{"id": "p", "displayName": "\u202eаdmin", **person}, {"id": "q", "displayName": "Ann", **person}],
    }
    (tmp_path / "organisation.json").write_text(json.dumps(document))
    snapshot = import_document(tmp_path / "organisation.json", pulled_at=READ)
    (said,) = (note for note in snapshot.manifest.notes if note.startswith(ODD))
    assert "principal p holds what is not seen or means nothing: U+202E" in said
    assert snapshot.principals.display_name.tolist() == ["\u202eаdmin", "Ann"]
    assert "U+202E (right-to-left override)" in open_desk(snapshot).panel("coverage").static().fragment
    assert Tables(snapshot).as_of == READ
