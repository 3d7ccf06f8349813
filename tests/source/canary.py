"""A key whose secret part can be recognised wherever it turns up, and the search for it, raw and encoded."""

from __future__ import annotations

import base64
import json
import traceback
from pathlib import Path
from urllib.parse import quote

CANARY = "cAnArY+secret/4f1d?value&7e"
KEY = f"ik_canary-key.{CANARY}"
TOKEN = "cAnArY+token/91b3?&=x"


def forms(secret: str) -> set[bytes]:
    """Every spelling in which a secret may hide."""
    raw = secret.encode()
    # Base64 of a text inside a longer one depends on where it starts: what all three positions share is looked for.
    shifted = [base64.b64encode(b"x" * shift + raw) for shift in range(3)]
    encoded = {part[4 if shift else 0 : -4] for shift, part in enumerate(shifted)}
    return {
        raw,
        quote(secret, safe="").encode(),
        json.dumps(secret)[1:-1].encode(),
        secret.encode("unicode_escape"),
        raw.hex().encode(),
        *encoded,
        *(part.replace(b"+", b"-").replace(b"/", b"_") for part in encoded),
    }


def leaks(text: bytes | str, *secrets: str) -> set[bytes]:
    """The spellings of the secrets (default: the canaries) that a text holds."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return {form for secret in secrets or (CANARY, TOKEN) for form in forms(secret) if form in data}


def sweep(folder: Path, *secrets: str) -> None:
    """No file below the folder holds a secret, in its bytes or, for Parquet, in its values; nor does a name."""
    for path in folder.rglob("*"):
        assert not leaks(str(path), *secrets), path
        if path.is_file():
            assert not leaks(path.read_bytes(), *secrets), path
        if path.suffix == ".parquet":
            import pyarrow.parquet as pq

            assert not leaks(str(pq.read_table(path).to_pylist()), *secrets), path


def sweep_error(error: BaseException, *secrets: str) -> None:
    """Neither the error nor any frame, local, context or cause of it shows a secret or holds an httpx object."""
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        each = todo.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        assert not type(each).__module__.startswith(("httpx", "httpcore")), type(each)
        shown = traceback.TracebackException.from_exception(each, capture_locals=True)
        # A test's own frames hold the canary, of course.
        held = [frame.locals for frame in shown.stack if "/tests/" not in frame.filename]
        assert not leaks(str(held) + repr(each) + str(vars(each)), *secrets)
        todo += [each.__cause__, each.__context__]
