"""The command line: parses, calls one library function, prints. The only room that prints and exits."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer

import auditkit
from auditkit import cli_access, cli_audit, cli_history, cli_lab, cli_report, cli_review, cli_source, cli_why
from auditkit.cli_output import emit, prepare_streams, say
from auditkit.errors import AuditkitError

INTERRUPTED = 130
# typer's own errors, by the class that it exports; their common base has moved between its releases.
_UsageError: Any = typer.BadParameter.__mro__[2]

app = typer.Typer(
    name="auditkit",
    add_completion=False,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        emit(f"auditkit {auditkit.__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Access audits of an organisation on Infuse Cloud IAM: from its API to a filed report.

    \b
    Example:
      auditkit demo

    \b
    Exit status: 0 done; 1 findings at or above --fail-on, or something in a scanned
    notebook; 2 a wrong argument or an input that cannot be read; 3 something of the
    IAM could not be read.
    """


# In the order in which a person meets them.
for _command in (
    cli_lab.demo, cli_source.sandbox, cli_source.pull, cli_source.import_, cli_audit.audit, cli_access.explain,
    cli_report.report, cli_audit.rules, cli_lab.lab,
    cli_lab.scan_notebook,
):  # fmt: skip
    app.command(name=_command.__name__.rstrip("_").replace("_", "-"))(_command)
cli_review.register(app)
cli_history.register(app)
cli_why.register(app)


def main() -> None:
    """Run the command line and exit."""
    prepare_streams()
    sys.exit(run(sys.argv[1:]))


def run(args: list[str]) -> int:
    """Run one command and answer its exit status; whatever is wrong is said in one line on standard error."""
    try:
        status = app(args=args, prog_name="auditkit", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        return _reader_left()
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except _UsageError as error:
        words = error.format_message().replace("Value error, ", "")
        return _told(words, f"try `{_command_path(error)} --help`", status=2)
    except AuditkitError as error:
        return _told(str(error), status=error.exit_status)
    except OSError as error:
        return _told(_os_sentence(error), status=2)
    except MemoryError:
        return _told("there is not enough memory for this; close something, or use a larger machine", status=2)
    if status == INTERRUPTED:
        return _told("interrupted; what was finished before is kept", status=INTERRUPTED)
    return status if isinstance(status, int) else 0


def _told(sentence: str, hint: str = "", *, status: int) -> int:
    words = " ".join(sentence.split()).rstrip(".")
    say(f"auditkit: {words}" + (f"; {hint}" if hint else ""))
    return status


def _command_path(error: Any) -> str:
    return error.ctx.command_path if getattr(error, "ctx", None) is not None else "auditkit"


def _os_sentence(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename is not None else ""
    return f"{where}{error.strerror or error}; check the path, its permissions and the space left on the disk"


def _reader_left() -> int:
    # The reader of a pipe (`head`) has seen enough; Python must not complain about it while it ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
