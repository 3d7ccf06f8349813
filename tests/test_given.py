"""Files that people give: read to the letter, or refused with the file, the place in it, and what to try."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditkit.errors import InputError, RequiredError
from auditkit.given import read_text, read_toml


def put(folder: Path, data: bytes) -> Path:
    path = folder / "given"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"", ""), (b"a\r\nb", "a\r\nb"), (b"\xef\xbb\xbfZo\xc3\xab\n", "Zoë\n"), (b"a\xef\xbb\xbfb", "a\ufeffb")],
)
def test_a_text_is_read_as_it_is_but_for_a_mark_at_its_head(tmp_path: Path, data: bytes, text: str) -> None:
    assert read_text(put(tmp_path, data), "a CSV") == text


@pytest.mark.parametrize(("size", "kept"), [(7, True), (8, True), (9, False)])
def test_a_text_may_be_as_large_as_is_said(tmp_path: Path, size: int, kept: bool) -> None:
    path = put(tmp_path, b"x" * size)
    if kept:
        assert read_text(path, "a CSV", at_most=8) == "x" * size
    else:
        with pytest.raises(InputError, match=r"given: over 8 bytes, which is too large for a CSV$"):
            read_text(path, "a CSV", at_most=8)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"a\nb\n\xff", r"given, line 3: not UTF-8; save the file as UTF-8$"),
        (b"\xff\xfea\x00", r"given, line 1: not UTF-8"),
        (b"a\x00b", r"given: holds a NUL character, so it is no text"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, data: bytes, told: str) -> None:
    with pytest.raises(RequiredError, match=told):
        read_text(put(tmp_path, data), "a CSV", RequiredError)


@pytest.mark.parametrize(("name", "told"), [("none", "No such file"), ("", "Is a directory"), ("a\0b", "null byte")])
def test_what_cannot_be_opened_is_refused_with_its_path(tmp_path: Path, name: str, told: str) -> None:
    with pytest.raises(RequiredError, match=f"{told}.*; give a CSV of required permissions$") as caught:
        read_text(tmp_path / name, "a CSV of required permissions", RequiredError)
    assert str(tmp_path / name) in str(caught.value)


def test_a_table_is_read_as_toml_with_or_without_a_mark(tmp_path: Path) -> None:
    for mark in (b"", b"\xef\xbb\xbf"):
        assert read_toml(put(tmp_path, mark + b"days = 3\n"), "a TOML file") == {"days": 3}


@pytest.mark.parametrize("data", [b"days = ", b"= 1", b"a = 1\na = 2", b"a = " + b"[" * 3_000])
def test_what_is_no_toml_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(InputError, match="given: is no TOML: "):
        read_toml(put(tmp_path, data), "a TOML file")
