"""The command line: one group, its commands by noun."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import click

from classifier.program import program_version
from errors import MailtriageError
from mailtriage.commands import Commands

USAGE_ERROR = 2


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(program_version(), prog_name="mailtriage")
@click.option(
    "--config", type=click.Path(path_type=Path), help="Settings file (default: mailtriage.toml, if there is one)."
)
@click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Overrides data_dir of the settings."
)
@click.option("--verbose", is_flag=True, help="Log what happens to standard error.")
@click.pass_context
def command(context: click.Context, config: Path | None, data_dir: Path | None, verbose: bool) -> None:
    """Support mail to tickets that say how severe, whether covered, and why.

    Start with: mailtriage demo
    """
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    context.obj = {"config": config, "data_dir": data_dir}


def main(arguments: list[str] | None = None) -> None:
    """The program. A user's mistake is one line on standard error and exit code 2; never a traceback."""
    try:
        status = command.main(args=arguments, prog_name="mailtriage", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
        sys.exit(USAGE_ERROR)
    except click.ClickException as error:
        fail(error.format_message())
    except MailtriageError as error:
        fail(str(error))
    except click.Abort:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    sys.exit(status if isinstance(status, int) else 0)


def fail(text: str) -> None:
    """Leaves with exit code 2 after one line that says what is wrong and what to do."""
    click.echo(f"mailtriage: {' '.join(text.split())}", err=True)
    sys.exit(USAGE_ERROR)
