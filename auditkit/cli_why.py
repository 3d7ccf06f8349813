"""The commands around `explain`: who-can, narrow, what-if, compare, troubleshoot."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Protocol

import typer

from auditkit import cli_options
from auditkit.cli_options import Api, AsOf, Config, ExplainFormat, Required, SnapshotPath, WhoCanFormat, instant, opened
from auditkit.cli_output import emit, say
from auditkit.errors import InputError
from auditkit.terminal import visible_json, visible_lines

Format = Annotated[ExplainFormat, typer.Option("--format", help="How to print.")]
_Permission = Annotated[str | None, typer.Option("--permission", metavar="IDENTIFIER", help="For what.")]
_ResourceType = Annotated[str | None, typer.Option("--resource-type", metavar="T", help="On what type.")]
_Resource = Annotated[str | None, typer.Option("--resource", metavar="PATH", help="On which resource.")]
_Context = Annotated[
    list[str] | None, typer.Option("--context", metavar="KEY=VALUE", help="What conditions ask for; repeatable.")
]
_TimeLimit = Annotated[
    float, typer.Option("--time-limit", metavar="SECONDS", min=0.1, help="When to end the search, with the gap told.")
]


class _Result(Protocol):
    @property
    def not_read(self) -> Mapping[str, str]: ...

    def to_dict(self) -> dict[str, object]: ...

    def to_text(self) -> str: ...


def who_can(
    snapshot: SnapshotPath,
    permission: Annotated[str, typer.Argument(metavar="PERMISSION", help="The permission's identifier.")],
    resource_type: _ResourceType = None,
    resource: _Resource = None,
    context: _Context = None,
    machine_only: Annotated[bool, typer.Option("--machine-only", help="Only API keys and service accounts.")] = False,
    as_of: AsOf = None,
    format_: Annotated[WhoCanFormat, typer.Option("--format", help="How to print.")] = WhoCanFormat.text,
) -> None:
    """List everybody who can do something, certainly or possibly, each by the shortest route; as CSV, by every route.

    \b
    Example:
      auditkit who-can ./snapshot iam.apikey.create --machine-only
    """
    from auditkit.access.who_can import WhoCan, every_way, widening

    place, given, time = _place(resource_type, resource), cli_options.context(context or []), instant(as_of)
    whole = opened(snapshot)
    found = WhoCan.ask(whole, permission, place, given, time, machine_only)
    if format_ is WhoCanFormat.csv:
        from auditkit.findings_text import to_csv

        emit(visible_lines(to_csv(every_way(whole, found, given, time))))
        _unread(found)
        return
    if format_ is WhoCanFormat.text:
        found = replace(found, widening=widening(whole, found, time))
    _print(found, ExplainFormat(format_.value))


def narrow(
    snapshot: SnapshotPath,
    required: Annotated[
        Path, typer.Option("--required", metavar="CSV", help="The permissions that each principal must have.")
    ],
    principal: Annotated[str | None, typer.Option("--principal", metavar="ID", help="Whose access.")] = None,
    every: Annotated[bool, typer.Option("--all", help="For every principal with required rows.")] = False,
    grants: Annotated[bool, typer.Option("--grants", help="Direct grants may take part.")] = False,
    time_limit: _TimeLimit = 30.0,
    as_of: AsOf = None,
    format_: Format = ExplainFormat.text,
) -> None:
    """Find the narrowest set of existing roles that gives what the required rows ask for.

    \b
    Example:
      auditkit narrow ./snapshot --required required_permissions.csv --principal key-0043
    """
    from auditkit.access import narrow as search

    if every == (principal is not None):
        both = "--principal and --all are both given: give one of them"
        raise InputError(both if every else "whose access is not said: give --principal ID, or --all")
    whole, time = opened(snapshot), instant(as_of)
    found: _Result
    if principal is None:
        found = search.narrow_all(whole, required, grants=grants, as_of=time, time_limit=time_limit)
    else:
        found = search.narrow(whole, principal, required, grants=grants, as_of=time, time_limit=time_limit)
    _print(found, format_)


def what_if(
    snapshot: SnapshotPath,
    changes: Annotated[Path, typer.Argument(metavar="CHANGES", help="A change file, TOML or JSON.")],
    required: Required = None,
    config: Config = None,
    as_of: AsOf = None,
    format_: Format = ExplainFormat.text,
) -> None:
    """Say what a change would do: who loses or gains what, and which findings go and come.

    Nothing is changed. A change file may hold: as_of, direct_api_key_auth, and lists revoke_credential,
    suspend_principal, delete_principal, remove_assignment, remove_grant, and tables change_assignment, take_from_role,
    remove_member, add_assignment, add_grant. To disband a group: delete_principal.

    \b
    Example:
      echo 'delete_principal = ["grp-0019"]' > change.toml
      auditkit what-if ./snapshot change.toml --required required_permissions.csv
    """
    from auditkit.whatif import what_if as tried

    limits = cli_options.limits(config)
    _print(tried(opened(snapshot), changes, as_of=instant(as_of), limits=limits, required=required), format_)


def compare(
    snapshot: SnapshotPath,
    a: Annotated[str, typer.Argument(metavar="A", help="A principal's id.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another's.")],
    time_limit: _TimeLimit = 30.0,
    as_of: AsOf = None,
    format_: Format = ExplainFormat.text,
) -> None:
    """Put two principals side by side, and say what would give B what A has.

    \b
    Example:
      auditkit compare ./snapshot usr-0003 usr-0066
    """
    from auditkit.access.compare import compare as compared

    _print(compared(opened(snapshot), a, b, instant(as_of), time_limit=time_limit), format_)


def troubleshoot(
    snapshot: SnapshotPath,
    symptom: Annotated[str | None, typer.Option("--symptom", metavar="NAME", help="What happens, by its name.")] = None,
    status: Annotated[int | None, typer.Option("--status", metavar="N", help="The HTTP status of the answer.")] = None,
    body: Annotated[
        str | None, typer.Option("--body", metavar="TEXT", help="The error body; never with a secret in it.")
    ] = None,
    principal: Annotated[str | None, typer.Option("--principal", metavar="ID", help="Who calls.")] = None,
    permission: _Permission = None,
    resource_type: _ResourceType = None,
    resource: _Resource = None,
    credential: Annotated[str | None, typer.Option("--credential", metavar="KEYID", help="With which key id.")] = None,
    role: Annotated[str | None, typer.Option("--role", metavar="ROLE", help="Which role is not available.")] = None,
    context: _Context = None,
    direct: Annotated[bool, typer.Option("--direct", help="The key itself is sent, not a token.")] = False,
    api: Annotated[Api, typer.Option("--api", help="Which API is called.")] = Api.iam,
    as_of: AsOf = None,
    format_: Format = ExplainFormat.text,
) -> None:
    """Go from a symptom, or from an HTTP status and error body, to the check that fails and its fix.

    \b
    Example:
      auditkit troubleshoot ./snapshot --status 403 --principal key-0043 --permission iot.config.read --resource-type iot.gateway --resource /network-7/gateway-7
    """  # noqa: E501 - an example is one line, to be copied
    from auditkit.access.troubleshoot import troubleshoot as diagnosed

    found = diagnosed(
        opened(snapshot), symptom, status=status, body=body, principal=principal, permission=permission,
        resource=_place(resource_type, resource), credential=credential, role=role,
        context=cli_options.context(context or []), method="direct" if direct else "token", api=api.value,
        as_of=instant(as_of),
    )  # fmt: skip
    if found.asks and format_ is ExplainFormat.text:
        say("auditkit: more is needed to go on; the answer says what to add")
    _print(found, format_)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (who_can, narrow, what_if, compare, troubleshoot):
        app.command(name=command.__name__.replace("_", "-"))(command)


def _place(resource_type: str | None, resource: str | None) -> tuple[str, str] | None:
    if (resource_type is None) != (resource is None):
        raise InputError("--resource-type and --resource: give both, or neither for the whole organisation")
    return None if resource_type is None or resource is None else (resource_type, resource)


def _print(found: _Result, format_: ExplainFormat) -> None:
    if format_ is ExplainFormat.json:
        emit(visible_json(json.dumps(found.to_dict(), ensure_ascii=False)))
    else:
        emit(visible_lines(found.to_text()))
    _unread(found)


def _unread(found: _Result) -> None:
    if found.not_read:
        from auditkit.access.unread import first_line

        say(f"auditkit: {first_line(found.not_read)[0]}")
