"""The limits: what they are by default, what a configuration may say, and what it may not."""

from __future__ import annotations

import dataclasses
import pickle

import pandas as pd
import pytest

from auditkit.errors import LimitsError
from auditkit.limits import Limits


def written(tmp_path, text):
    path = tmp_path / "limits.toml"
    path.write_text(text, "utf-8")
    return path


def test_defaults_are_those_of_the_rules():
    limits = Limits()
    assert (limits.dormant_days, limits.never_used_days, limits.expiring_days) == (90, 30, 30)
    assert (limits.credential_max_age_days, limits.credential_max_lifetime_days) == (90, 365)
    assert (limits.rotation_overlap_days, limits.broad_role_share) == (7, 0.5)
    assert (limits.administrators, limits.toxic_pairs, limits.sources) == ((2, 4), (), {})


def test_days_are_exact_durations():
    limits = Limits(dormant_days=1, expiring_days=2, never_used_days=3, rotation_overlap_days=0)
    assert limits.dormant == pd.Timedelta(hours=24)
    assert limits.expiring == pd.Timedelta(hours=48)
    assert limits.never_used == pd.Timedelta(hours=72)
    assert limits.rotation_overlap == pd.Timedelta(0)
    assert limits.credential_max_age == pd.Timedelta(days=90)
    assert limits.credential_max_lifetime == pd.Timedelta(days=365)


def test_the_longest_lifetime_can_be_added_to_any_instant_of_the_contract():
    far = Limits(credential_max_lifetime_days=36_500)
    assert pd.Timestamp("9800-01-01T00:00:00Z").as_unit("us") + far.credential_max_lifetime > pd.Timestamp(
        "9899-12-01T00:00:00Z"
    )


def test_a_configuration_gives_values_and_where_they_come_from(tmp_path):
    path = written(
        tmp_path,
        'dormant_days = 60\nexpiring_days = { value = 14, source = "IAM standard v3" }\n'
        'administrators = { value = [1, 3] }\ntoxic_pairs = ["a.b+c.d", ["e", "f"]]\nbroad_role_share = 1\n',
    )
    limits = Limits.from_toml(path)
    assert (limits.dormant_days, limits.expiring_days, limits.administrators) == (60, 14, (1, 3))
    assert limits.toxic_pairs == (("a.b", "c.d"), ("e", "f"))
    assert limits.broad_role_share == 1.0
    assert limits.sources == {"expiring_days": "IAM standard v3"}
    assert limits.never_used_days == 30


def test_an_empty_configuration_is_the_defaults(tmp_path):
    assert Limits.from_toml(written(tmp_path, "")) == Limits()


def test_changed_lists_only_what_differs_from_the_defaults():
    limits = Limits(dormant_days=60, toxic_pairs=(("a", "b"),), sources={"dormant_days": "policy"})
    assert limits.changed().to_dict("records") == [
        {"name": "dormant_days", "value": "60", "default": "90", "source": "policy"},
        {"name": "toxic_pairs", "value": "a+b", "default": "none", "source": ""},
    ]
    assert Limits().changed().empty


def test_the_table_lists_every_limit():
    table = Limits(sources={"expiring_days": "policy"}).table()
    assert list(table.name) == [
        "dormant_days",
        "never_used_days",
        "expiring_days",
        "credential_max_age_days",
        "credential_max_lifetime_days",
        "rotation_overlap_days",
        "attestation_days",
        "broad_role_share",
        "administrators",
        "toxic_pairs",
    ]
    assert table.set_index("name").loc["administrators", "value"] == "2 to 4"
    assert table.set_index("name").loc["expiring_days", "source"] == "policy"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("dormant_day = 60", "did you mean 'dormant_days'"),
        ("expiry_days = 60", "there is no limit 'expiry_days'"),
        ("zzz = 1", "did you mean"),
        ("dormant_days = { value = 1, sauce = 'x' }", "dormant_days has a key 'sauce'"),
        ("dormant_days = { source = 'x' }", "dormant_days gives no 'value'"),
        ("dormant_days = { value = 1, source = 2 }", "the source of dormant_days must be a text"),
        ("dormant_days = -1", "whole number of days from 0 to 36500, not -1"),
        ("dormant_days = 36501", "not 36501"),
        ("dormant_days = 1.5", "not 1.5"),
        ("dormant_days = true", "not True"),
        ("dormant_days = '60'", "not '60'"),
        ("broad_role_share = 0", "above 0 and at most 1"),
        ("broad_role_share = 1.01", "above 0 and at most 1"),
        ("broad_role_share = nan", "above 0 and at most 1"),
        ("broad_role_share = true", "above 0 and at most 1"),
        ("administrators = [4, 2]", "the fewest and the most"),
        ("administrators = [2]", "the fewest and the most"),
        ("administrators = [true, 2]", "the fewest and the most"),
        ("administrators = [-1, 2]", "the fewest and the most"),
        ("administrators = 3", "the fewest and the most"),
        ("toxic_pairs = 'a+b'", "must be a list of pairs"),
        ("toxic_pairs = ['a']", "a pair names two different permissions"),
        ("toxic_pairs = ['a+a']", "a pair names two different permissions"),
        ("toxic_pairs = ['a+b+c']", "a pair names two different permissions"),
        ("toxic_pairs = ['a+']", "a pair names two different permissions"),
        ("toxic_pairs = [['a', 1]]", "a pair names two different permissions"),
        ("toxic_pairs = [7]", "a pair names two different permissions"),
        ("sources = { dormant_days = 'x' }", "there is no limit 'sources'"),
        ("dormant_days = ", "is no TOML"),
    ],
)
def test_a_wrong_configuration_is_refused_with_a_sentence(tmp_path, text, told):
    with pytest.raises(LimitsError) as refused:
        Limits.from_toml(written(tmp_path, text))
    message = str(refused.value)
    assert told in message
    assert "limits.toml" in message
    assert "\n" not in message


def test_a_file_that_cannot_be_read_is_refused_with_its_path(tmp_path):
    with pytest.raises(LimitsError, match=r"none\.toml: No such file or directory; give a TOML file of limits"):
        Limits.from_toml(tmp_path / "none.toml")
    with pytest.raises(LimitsError, match="Is a directory; give"):
        Limits.from_toml(tmp_path)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "limits.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LimitsError, match="line 1: not UTF-8; save the file as UTF-8"):
        Limits.from_toml(path)


def test_the_same_pair_is_kept_once_in_its_first_form():
    assert Limits(toxic_pairs=(("a", "b"), ("b", "a"), ("a", "b"), ("c", "d"))).toxic_pairs == (("a", "b"), ("c", "d"))


def test_wrong_values_are_refused_in_python_too():
    with pytest.raises(LimitsError, match="dormant_days"):
        Limits(dormant_days="90")
    with pytest.raises(LimitsError, match="there is no limit 'dormant'"):
        Limits(sources={"dormant": "x"})
    with pytest.raises(LimitsError, match="sources must map"):
        Limits(sources=["x"])


def test_limits_are_frozen_and_their_sources_a_copy():
    sources = {"dormant_days": "policy"}
    limits = Limits(sources=sources)
    sources["dormant_days"] = "other"
    assert limits.sources == {"dormant_days": "policy"}
    with pytest.raises(dataclasses.FrozenInstanceError):
        limits.dormant_days = 1


def test_limits_can_be_changed_by_copy_hashed_and_pickled():
    limits = dataclasses.replace(Limits(sources={"dormant_days": "policy"}), dormant_days=60)
    assert limits.dormant_days == 60
    assert limits.sources == {"dormant_days": "policy"}
    assert hash(limits) == hash(dataclasses.replace(limits))
    assert pickle.loads(pickle.dumps(limits)) == limits
