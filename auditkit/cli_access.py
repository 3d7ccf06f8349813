"""The command that answers why one request is allowed or denied: explain."""

from __future__ import annotations

import csv
import io
import json
import shlex
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Annotated

import typer

from auditkit.cli_options import Api, AsOf, ExplainFormat, SnapshotPath, context, instant, moment, opened
from auditkit.cli_output import emit
from auditkit.errors import InputError
from auditkit.terminal import visible, visible_json, visible_lines

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.access.explain import Decision

_Principal = Annotated[str | None, typer.Option("--principal", metavar="ID", help="Who asks.")]
_Permission = Annotated[str | None, typer.Option("--permission", metavar="IDENTIFIER", help="For what.")]


def explain(
    snapshot: SnapshotPath,
    principal: _Principal = None,
    permission: _Permission = None,
    resource_type: Annotated[str | None, typer.Option("--resource-type", metavar="T", help="On what type.")] = None,
    resource: Annotated[str | None, typer.Option("--resource", metavar="PATH", help="On which resource.")] = None,
    credential: Annotated[str | None, typer.Option("--credential", metavar="KEYID", help="With which key id.")] = None,
    direct: Annotated[bool, typer.Option("--direct", help="The key itself is sent, not a token.")] = False,
    api: Annotated[Api, typer.Option("--api", help="Which API is called.")] = Api.iam,
    pairs: Annotated[
        list[str] | None, typer.Option("--context", metavar="KEY=VALUE", help="What conditions ask for; repeatable.")
    ] = None,
    requests: Annotated[
        Path | None, typer.Option("--requests", metavar="FILE.jsonl", help="One request a line, instead of the above.")
    ] = None,
    as_of: AsOf = None,
    format_: Annotated[ExplainFormat, typer.Option("--format", help="How to print.")] = ExplainFormat.text,
) -> None:
    """Say why a request is allowed or denied, by all fourteen checks.

    \b
    Example:
      auditkit explain ./snapshot --principal key-0043 --permission telemetry.stream.publish --resource-type iot.device --resource /network-7/gateway-7/meter-1
    """  # noqa: E501 - an example is one line, to be copied
    time = instant(as_of)
    if requests is not None:
        if principal or permission or resource_type or resource or credential or direct or pairs:
            raise InputError("--requests: the file says who asks for what; leave the other options out")
        _many(snapshot, requests, time, format_)
        return
    if principal is None or permission is None:
        raise InputError("--principal and --permission: give both, or a file of requests with --requests")
    if (resource_type is None) != (resource is None):
        raise InputError("--resource-type and --resource: give both, or neither for the whole organisation")
    from auditkit.access.authentication import iam_alone
    from auditkit.access.explain import explain as decide

    place = None if resource_type is None or resource is None else (resource_type, resource)
    whole = opened(snapshot)
    decision = decide(
        whole, principal, permission, place, context(pairs or []), credential,
        method="direct" if direct else "token", api=api.value, as_of=time,
    )  # fmt: skip
    _one(decision, format_)
    if format_ is ExplainFormat.text and place is None and decision.failed_check in _PLACE_MATTERS:
        emit(visible_lines(_asked_for_all(decision)))
    if format_ is ExplainFormat.text and decision.failed_check in _ROLE_LACKS:
        emit(visible_lines(_which_role(snapshot, [principal, permission, *(place or ())], as_of)))
    if format_ is ExplainFormat.text and api is Api.iam:
        for line in iam_alone(whole.principals.type[whole.principals.principal_id.eq(principal)]):
            emit(line)


# Where one of these fails, another role might do.
_ROLE_LACKS = ("AUZ2", "AUZ4")
# And where the request names no resource, what would do depends on whether it means to.
_PLACE_MATTERS = (*_ROLE_LACKS, "AUZ5")


def _asked_for_all(decision: Decision) -> str:
    """That the request asks for the whole organisation, and how to ask for where the nearest route reaches alone."""
    scope = next((route.scope for route in decision.routes if route.scope), None)
    kind, _, path = (scope or "TYPE PATH").partition(" ")
    such = f" (what it is given now is limited to {scope})" if scope else ""
    return (
        "no resource is named, so this asks for the whole organisation; for one resource alone, add "
        f"{shlex.join(['--resource-type', kind, '--resource', path])}{such}"
    )


def _which_role(snapshot: Path, row: list[str], as_of: str | None) -> str:
    """How to go on: what to write into a file of required permissions, and the command that then finds the role."""
    rows = io.StringIO()
    csv.writer(rows, lineterminator="\n").writerows(
        [("principal_id", "permission", "resource_type", "resource_path")[: len(row)], row]
    )
    command = shlex.join(["auditkit", "narrow", str(snapshot), "--principal", row[0], "--required", "required.csv"])
    then = "" if as_of is None else f" --as-of {shlex.quote(as_of)}"
    return (
        "which existing role would do? write a file required.csv, with a line for whatever else it must keep:\n"
        f"{indent(rows.getvalue(), '  ')}then: {command}{then}"
    )


def _one(decision: Decision, format_: ExplainFormat) -> None:
    if format_ is ExplainFormat.json:
        emit(_json_line(decision))
    else:
        emit(visible_lines(decision.to_text()))


def _many(snapshot: Path, requests: Path, as_of: pd.Timestamp | None, format_: ExplainFormat) -> None:
    """One line a request, in their order; the exit status is 2 if one of them could not be judged."""
    from auditkit.access.requests import answers

    write = _json_line if format_ is ExplainFormat.json else _text_line
    judged = True
    with requests.open("rb") as lines:
        for answer in answers(opened(snapshot), lines, as_of=as_of, instant=lambda text: moment(text, "as_of")):
            emit(write(answer))
            judged = judged and not isinstance(answer, InputError)
    if not judged:
        raise typer.Exit(2)


def _json_line(answer: Decision | InputError) -> str:
    if isinstance(answer, InputError):
        return visible_json(json.dumps({"error": str(answer)}, ensure_ascii=False))
    return visible_json(answer.to_json().decode())


def _text_line(answer: Decision | InputError) -> str:
    if isinstance(answer, InputError):
        return f"error  {visible(answer)}"
    return f"{answer.outcome}  {answer.failed_check or '-'}  {visible(answer.detail)}"
