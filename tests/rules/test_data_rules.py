"""DAT: for each rule what it flags, and what it must leave alone."""
# ruff: noqa: RUF001, RUF012 (names are meant to be mistaken; the tables of a test class are read, never changed)

from __future__ import annotations

from tools import (
    AS_OF,
    RuleLaws,
    ago,
    ahead,
    api_key,
    assignment,
    credential,
    flagged,
    grant,
    group,
    judge,
    member,
    organisation,
    permission,
    principal,
    problem,
    related,
    role,
    why_not,
)

from auditkit.schema import COLLECTIONS

WHOLE = {
    "principals": [principal(), group(), api_key()],
    "credentials": [credential()],
    "group_members": [member()],
    "permissions": [permission()],
    "roles": [role("r", ["x"])],
    "role_assignments": [assignment()],
    "permission_grants": [grant()],
}


class TestDAT001(RuleLaws):
    rule = "DAT001"
    given = WHOLE
    hits = {
        "a credential's principal": ({"credentials": [credential(principal_id="gone")]}, {"c": "medium"}),
        "a member": ({"group_members": [member("g", "gone")]}, {"g|gone": "medium"}),
        "a group": ({"group_members": [member("gone", "p")]}, {"gone|p": "medium"}),
        "both of a membership, once": ({"group_members": [member("gone", "lost")]}, {"gone|lost": "medium"}),
        "an assignment's principal": ({"role_assignments": [assignment(principal_id="gone")]}, {"a": "medium"}),
        "an assignment's role": ({"role_assignments": [assignment(role_id="gone")]}, {"a": "medium"}),
        "a grant's principal": ({"permission_grants": [grant(principal_id="gone")]}, {"d": "medium"}),
        "a grant's permission": ({"permission_grants": [grant(permission_id="gone")]}, {"d": "medium"}),
        "a role's permission": ({"roles": [role("r", ["x", "gone"])]}, {"r": "medium"}),
        "ids are compared to the byte": ({"credentials": [credential(principal_id="K")]}, {"c": "medium"}),
    }
    clean = {
        "all there": {},
        "a member of a group twice": {"group_members": [member(), member("g", "k")]},
        "a group of itself": {"group_members": [member("g", "g")]},
        "a member of what is no group": {"group_members": [member("p", "k")]},
        "principal of another organisation": {"principals": [principal(organisation_id="o2"), group(), api_key()]},
        "assignment of another organisation": {"role_assignments": [assignment(organisation_id="o2")]},
        "unknown resource type": {"role_assignments": [assignment(scope_type="gone", scope_path="/")]},
        "a role without permissions": {"roles": [role()]},
        "a suspended principal": {"principals": [principal(status="Suspended"), group(), api_key()]},
        "nothing at all": {name: [] for name in WHOLE},
    }

    def test_the_proof_names_what_is_missing(self) -> None:
        found = judge("DAT001", **{**WHOLE, "group_members": [member("gone", "lost")]})
        assert related(found, "gone|lost") == {"id": "gone|lost", "missing": ["group gone", "principal lost"]}
        assert found.frame.subject_type.tolist() == ["membership"]

    def test_each_kind_of_record_is_called_by_its_name(self) -> None:
        found = judge("DAT001", **{**WHOLE, "principals": [], "roles": [], "permissions": []})
        assert set(found.frame.subject_type) == {"credential", "membership", "assignment", "grant"}


class ToldLaws(RuleLaws):
    """What holds for all rules that the reader of the data tells of."""

    severity = "medium"

    def test_each_record_is_told_once_with_all_its_fields(self) -> None:
        told = [
            problem(self.rule, field="type"),
            problem(self.rule, field="status"),
            problem(self.rule, field="status"),
        ]
        found = judge(self.rule, problems=told)
        assert flagged(found) == {"p": self.severity}
        assert related(found, "p")["fields"] == ["status", "type"]
        assert found.frame.message.tolist() == ["status: is odd, type: is odd"]

    def test_records_of_two_kinds_with_one_id_are_two(self) -> None:
        told = [problem(self.rule), problem(self.rule, "role", "p", collection="roles")]
        found = judge(self.rule, problems=told)
        assert found.frame.subject_type.tolist() == ["principal", "role"]
        assert found.frame.fingerprint.is_unique

    def test_what_was_found_is_kept_where_a_collection_is_not_whole(self) -> None:
        found = judge(self.rule, problems=[problem(self.rule)], incomplete={"roles": "refused with 403"})
        assert flagged(found) == {"p": self.severity}
        assert why_not(found) == "roles could not be read whole (refused with 403)"


def told_cases(rule, severity):
    """The tables of a rule that the reader of the data tells of."""
    others = [name for name in ("DAT002", "DAT003", "DAT004", "DAT005", "DAT007") if name != rule]
    hits = {
        "a principal": ({"problems": [problem(rule)]}, {"p": severity}),
        "a membership": ({"problems": [problem(rule, "membership", "g|p")]}, {"g|p": severity}),
        "without a field": ({"problems": [problem(rule, field=None)]}, {"p": severity}),
        "set aside": ({"problems": [problem(rule, set_aside=True)]}, {"p": severity}),
    }
    clean = {"nothing odd": {}, **{name: {"problems": [problem(name)]} for name in others}}
    return hits, clean


class TestDAT002(ToldLaws):
    rule = "DAT002"
    severity = "high"
    hits, clean = told_cases("DAT002", "high")


class TestDAT003(ToldLaws):
    rule = "DAT003"
    hits, clean = told_cases("DAT003", "medium")


class TestDAT004(ToldLaws):
    rule = "DAT004"
    hits, clean = told_cases("DAT004", "medium")


class TestDAT005(ToldLaws):
    rule = "DAT005"
    severity = "high"
    hits, clean = told_cases("DAT005", "high")


class TestDAT006(RuleLaws):
    rule = "DAT006"
    hits = {
        "one": ({"incomplete": {"roles": "refused with 403"}}, {"roles": "high"}),
        "named as in the contract": (
            {"incomplete": {"group_members": "404", "role_assignments": "404"}},
            {"groupMembers": "high", "roleAssignments": "high"},
        ),
        "all": (
            {"incomplete": dict.fromkeys(COLLECTIONS, "unreachable")},
            {collection.field: "high" for collection in COLLECTIONS.values()},
        ),
    }
    clean = {
        "whole": WHOLE,
        "whole and empty": {},
        "records set aside": {"problems": [problem("DAT005", set_aside=True)]},
    }

    def test_says_so_when_its_input_is_missing(self) -> None:
        found = judge("DAT006", incomplete={"roles": "refused with 403"})
        assert why_not(found) is None
        assert found.frame.message.tolist() == ["could not be read whole: refused with 403"]
        assert found.frame.subject_type.tolist() == ["collection"]


class TestDAT007(ToldLaws):
    rule = "DAT007"
    severity = "critical"
    hits, clean = told_cases("DAT007", "critical")


NAMED = {
    "principals": [principal(), group(), api_key()],
    "credentials": [credential()],
    "permissions": [permission()],
    "roles": [role("r", ["x"])],
}
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


class TestDAT008(RuleLaws):
    rule = "DAT008"
    given = NAMED
    hits = {
        **{name: ({"principals": [principal("q", display_name=text)]}, {"q": "medium"}) for name, text in HIDING.items()},
        **{name: ({"principals": [principal("q", display_name=text)]}, {"q": "medium"}) for name, text in IMITATING.items()},
        "a group": ({"principals": [group(display_name="аdmin")]}, {"g": "medium"}),
        "a role": ({"roles": [role("r", ["x"], name="аdmin")]}, {"r": "medium"}),
        "a credential": ({"credentials": [credential(name="аdmin")]}, {"c": "medium"}),
        "a permission": ({"permissions": [permission(name="аdmin")]}, {"x": "medium"}),
        "the organisation": ({"organisation": [organisation(name="Аcme")]}, {"o1": "medium"}),
        "the same name twice": (
            {"principals": [principal("p", display_name="a\u200b"), principal("q", display_name="a\u200b")]},
            {"p": "medium", "q": "medium"},
        ),
        "both": ({"principals": [principal("q", display_name="\u202eаdmin")]}, {"q": "medium"}),
        "more than are told": (
            {"principals": [principal("q", display_name="\x01\x02\x03\x04\x05\x06\x07")]}, {"q": "medium"},
        ),
    }  # fmt: skip
    clean = {
        # Workers of one run must agree on the order of the tests; a set has another in each.
        **{text: {"principals": [principal("q", display_name=text)]} for text in sorted(ORDINARY)},
        "in an id": {"principals": [principal("а\u202ep", display_name="p")]},
        "in an address": {"principals": [principal(email="аnn@\u200bexample.com")]},
        "in a description": {"roles": [role("r", ["x"], description="an\u200by")]},
        "nothing at all": {name: [] for name in NAMED},
    }

    def test_the_name_is_kept_to_the_byte(self) -> None:
        found = judge("DAT008", principals=[principal("q", display_name="\u202eаdmin")])
        assert related(found, "q") == {"id": "q", "name": "\u202eаdmin", "characters": ["U+202E", "U+0430"]}
        assert found.snapshot.principals.display_name.tolist() == ["\u202eаdmin"]


class TestDAT009(RuleLaws):
    rule = "DAT009"

    @staticmethod
    def pair(one, other):
        """Two principals of those names."""
        return {"principals": [principal("p", display_name=one), principal("q", display_name=other)]}

    both = {"p": "medium", "q": "medium"}
    hits = {
        "a Cyrillic letter": (pair("admin", "аdmin"), both),
        "all Cyrillic letters": (pair("Cocoa", "Сосоа"), both),
        "Greek capitals": (pair("BETA", "ΒΕΤΑ"), both),
        "two scripts, neither Latin": (pair("аре", "αρε".replace("ε", "е")), both),
        "an accent on each": (pair("Zoë", "Zоё"), both),
        "a zero-width space": (pair("admin", "ad\u200bmin"), both),
        "a soft hyphen": (pair("admin", "ad\u00admin"), both),
        "an override": (pair("admin", "\u202eadmin"), both),
        "a filler": (pair("admin", "admin\u3164"), both),
        "in pieces": (pair("José", "Jose\u0301"), both),
        "full width": (pair("admin", "ａｄｍｉｎ"), both),
        "mathematical": (pair("admin", "𝐚𝐝𝐦𝐢𝐧"), both),
        "a ligature": (pair("finance", "ﬁnance"), both),
        "case": (pair("Gateway 7", "gateway 7"), both),
        "case of Greek letters that are drawn like others": (pair("ΝΙΚΗ", "νικη"), both),
        "two spaces": (pair("Gateway 7", "Gateway  7"), both),
        "a space behind": (pair("Gateway 7", "Gateway 7 "), both),
        "a space that does not break": (pair("Gateway 7", "Gateway\u00a07"), both),
        "two groups": ({"principals": [group("p", display_name="Ops"), group("q", display_name="Орѕ")]}, both),
        "two roles": ({"roles": [role("p", name="Admin"), role("q", name="Аdmin")]}, both),
        "one more of the same name": (
            {"principals": [*pair("admin", "аdmin")["principals"], principal("r", display_name="admin")]},
            both | {"r": "medium"},
        ),
        "by case and by a letter": (
            {"principals": [*pair("admin", "Admin")["principals"], principal("r", display_name="аdmin")]},
            both | {"r": "medium"},
        ),
    }  # fmt: skip
    clean = {
        "the same to the byte": pair("Ann", "Ann"),
        "the same hidden characters": pair("Ann\u200b", "Ann\u200b"),
        "other names": pair("Ann", "Bob"),
        "an accent": pair("Jose", "José"),
        "a number": pair("Gateway 1", "Gateway 11"),
        "a digit for a letter": pair("gateway-l", "gateway-1"),
        "no space": pair("Gateway 7", "Gateway7"),
        "Cyrillic names": pair("Олена", "Олег"),
        "ideographs": pair("山田太郎", "山田大郎"),
        "a dotless i": pair("Işıl", "Işil"),
        "a principal and a group": {"principals": [principal("p", display_name="ops"), group("g", display_name="Ops")]},
        "a principal and a role": {"principals": [principal("p", display_name="ops")], "roles": [role("r", name="Ops")]},
        "ids and addresses": {
            "principals": [
                principal("p", display_name="Ann", email="a@example.com"), principal("P", display_name="Bob", email="A@example.com"),
            ]
        },
        "credentials": {"credentials": [credential("c", name="main"), credential("d", name="Main")]},
        "nothing at all": {},
    }  # fmt: skip

    def test_each_names_the_others_and_none_is_merged(self) -> None:
        found = judge("DAT009", principals=self.hits["one more of the same name"][0]["principals"])
        assert related(found, "p") == {"id": "p", "name": "admin", "alike": ["q"]}
        assert related(found, "q")["name"] == "аdmin"
        assert found.snapshot.principals.display_name.tolist() == ["admin", "аdmin", "admin"]

    def test_of_very_many_a_few_are_named(self) -> None:
        names = ["a" + "\u200b" * number for number in range(300)]
        found = judge("DAT009", principals=[principal(f"p{at:03}", display_name=name) for at, name in enumerate(names)])
        assert len(found.frame) == 300
        assert related(found, "p299")["alike"] == ["p000", "p001", "p002", "p003", "p004", "p005"]


class TestDAT010(RuleLaws):
    rule = "DAT010"
    hits = {
        "expires before it was created": ({"principals": [principal(created_at=ago(5), expires_at=ago(6))]}, {"p": "medium"}),
        "expires a second before it was created": (
            {"credentials": [credential(created_at=ago(5), expires_at=ago(5, -1))]}, {"c": "medium"},
        ),
        "created in two days": ({"principals": [principal(created_at=ahead(2))]}, {"p": "medium"}),
        "active a second more than a day later": ({"principals": [principal(last_active_at=ahead(1, 1))]}, {"p": "medium"}),
        "used in the year 9999": (
            {"credentials": [credential(last_used_at="9999-12-31T23:59:59Z")]}, {"c": "medium"},
        ),
        "an assignment": ({"role_assignments": [assignment(created_at=ahead(2))]}, {"a": "medium"}),
        "a grant": ({"permission_grants": [grant(created_at=ago(5), expires_at=ago(9))]}, {"d": "medium"}),
        "both, once": ({"principals": [principal(created_at=ahead(3), expires_at=ahead(2), last_active_at=ahead(2))]}, {"p": "medium"}),
    }  # fmt: skip
    clean = {
        "no times but its creation": {"principals": [principal()], "credentials": [credential()]},
        "expires as it is created": {"principals": [principal(created_at=ago(5), expires_at=ago(5))]},
        "active a day later": {"principals": [principal(last_active_at=ahead(1))]},
        "created a day later": {"credentials": [credential(created_at=ahead(1), expires_at=ahead(9))]},
        "expires far ahead": {"principals": [principal(expires_at="9999-12-31T23:59:59Z")]},
        "is to be revoked": {"credentials": [credential(revoked_at=ahead(9))]},
        "used before it was created": {"credentials": [credential(created_at=ago(5), last_used_at=ago(6))]},
        "a time that could not be read": {"principals": [principal(created_at=None, expires_at=ago(6))]},
        "nothing at all": {},
    }

    def test_the_instant_of_judgement_makes_no_time_impossible(self) -> None:
        """Judged as of last year, what was done since then is no mistake; nor is a mistake none, judged as of next year."""
        recent = {"principals": [principal(last_active_at=AS_OF)]}
        assert flagged(judge("DAT010", as_of=ago(365), **recent)) == {}
        wrong = {"principals": [principal(last_active_at=ahead(9))]}
        assert flagged(judge("DAT010", as_of=ahead(365), **wrong)) == {"p": "medium"}
