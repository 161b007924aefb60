"""The command line. Each command reads its arguments, calls one function of the house, and prints."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, CycloptsError, Parameter

from domain.errors import HalftimeError, InputError
from domain.units import seconds
from halftime import exits
from halftime.origin import Seconds, origin
from halftime.plan import plan
from replay.conformance import Finding
from ssai.hls.errors import PlaylistError
from ssai.hls.lines import decode as decode_text

app = App(
    name="halftime",
    help="Plan ad breaks of live events and stitch them, viewer by viewer, into HLS.",
    version_flags=["--version"],
)
creative = App(name="creative", help="Condition creatives to a channel's ladder and list them.")
scte35 = App(name="scte35", help="Read SCTE-35 messages.")
app.command(creative)
app.command(scte35)
app.command(origin)
app.command(plan)

File = Annotated[Path, Parameter(allow_leading_hyphen=True)]
"""A path, or "-"."""
Json = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON for machines.")]


@app.command
def serve(
    *,
    config: Path,
    port: int | None = None,
    redis: str | None = None,
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO",
) -> None:
    """Serve stitched playlists for the channels of a configuration file, until Ctrl-C.

    Example: halftime serve --config halftime.toml

    Parameters
    ----------
    config
        TOML file; docs/configuration.md has every field.
    port
        Listen here instead of where the file says.
    redis
        "embedded", "memory" or a redis:// address, instead of what the file says.
    log_level
        DEBUG, INFO, WARNING or ERROR.
    """
    import uvloop

    from halftime.logs import configure
    from halftime.serve import serve as run
    from halftime.settings import Settings
    from halftime.wiring import with_port

    settings = with_port(Settings.load(config), port, redis)
    configure(log_level)
    uvloop.run(run(settings))


@app.command
def inspect(file: File, *, json_: Json = False) -> None:
    """Say what a playlist is, which breaks its cues announce and which rules it breaks.

    Example: halftime inspect live.m3u8 --json

    Parameters
    ----------
    file
        A playlist; "-" reads standard input.
    """
    from replay.conformance import judge
    from ssai.inspect import inspect as look
    from ssai.inspect import report

    text = _read(file)
    with _naming(file):
        found = look(text)
    broken = [{"rule": each.rule, "line": each.line, "message": each.message} for each in judge(text)]
    if json_:
        print(json.dumps(found | {"violations": broken}, indent=2))
    else:
        print(report(found), end="")
        print(f"{len(broken)} violations (--json lists them)" if broken else "no violations")


@app.command
def stitch(
    file: File,
    *,
    creatives: Path,
    rendition: str | None = None,
    diff: Annotated[bool, Parameter(negative="")] = False,
    check: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Put ads into the breaks of one media playlist, offline, and print the result.

    Example: halftime stitch live.m3u8 --creatives .halftime/demo/ads --diff

    Parameters
    ----------
    file
        A media playlist; "-" reads standard input.
    creatives
        A folder with a catalogue.
    rendition
        The rung of the ladder that the playlist is; the first one if nothing is said.
    diff
        Print what changed instead of the whole.
    check
        Tell on standard error which rules the result breaks that the playlist did not; status 1 if any.
    """
    from halftime.offline import difference, stitch_text

    text = _read(file)
    with _naming(file):
        stitched = stitch_text(text, creatives, rendition)
    sys.stdout.write(difference(text, stitched) if diff else stitched)
    if not check:
        return exits.OK
    from halftime.check import brought, line

    found = brought(text, stitched)
    for finding in found:
        print(line(finding), file=sys.stderr)
    return exits.FAILED if found else exits.OK


@app.command
def check(source: str, *, duration: Seconds = 60.0, interval: Seconds = 4.0, json_: Json = False) -> int:
    """Hold a live stream against the rules of HLS, as a viewer of all its renditions sees it; status 1 with findings.

    Example: halftime check http://127.0.0.1:8090/live/index.m3u8 --duration 120

    Parameters
    ----------
    source
        The address of a multivariant or media playlist, or a folder of recorded snapshots.
    duration
        Seconds to look at a stream; Ctrl-C ends sooner.
    interval
        Seconds that lay between two snapshots of a folder.
    """
    from rich.console import Console

    from halftime.check import Checked, line, recorded, watch

    def told(finding: Finding) -> None:
        if not json_:
            print(line(finding), flush=True)

    def report(checked: Checked) -> None:
        print(checked.summary, file=sys.stderr)

    live = source.startswith(("http://", "https://"))
    checked = asyncio.run(watch(source, duration, told, report)) if live else recorded(Path(source), interval, told)
    if json_:
        print(json.dumps(checked.json(), indent=2))
    else:
        Console().print(*checked.tables(), checked.summary, sep="\n")
    return exits.FAILED if checked.findings else exits.OK


@app.command
def explain(session: str, *, config: Path, json_: Json = False) -> None:
    """Say what a viewer was served in each break, and why.

    Example: halftime explain TOKEN --config halftime.toml

    Parameters
    ----------
    session
        The token from the viewer's playlist addresses.
    config
        The configuration of the edge that served it.
    """
    from halftime.explain import explain_session, narrate
    from halftime.settings import Settings

    told = asyncio.run(explain_session(Settings.load(config), session))
    print(json.dumps(told, indent=2) if json_ else narrate(told))


@app.command
def switch(channel: str, state: str, *, config: Path) -> None:
    """Switch insertion of a channel off at the next boundary, or on again.

    Example: halftime switch final off --config halftime.toml

    Parameters
    ----------
    channel
        A channel of the configuration.
    state
        "on" or "off".
    config
        The configuration of the edge.
    """
    from halftime.explain import switch_insertion
    from halftime.settings import Settings

    if state not in {"on", "off"}:
        raise InputError("switch", '"on" or "off"', repr(state))
    asyncio.run(switch_insertion(Settings.load(config), channel, state == "on"))
    print(f"insertion of {channel} is {state}")


@app.command
def demo(*, port: int = 8080, folder: Path = Path(".halftime/demo"), media_only: bool = False) -> None:
    """Play a live channel with stitched breaks in a browser: origin, edge and page in one process tree.

    Example: halftime demo

    Parameters
    ----------
    port
        The page's port; the edge and the origin take the two after it.
    folder
        Where the demo's media and state are kept.
    media_only
        Render the media and stop.
    """
    from halftime.demo.run import run_demo

    run_demo(port, folder, media_only=media_only)


@creative.command
def add(
    *sources: Path,
    creatives: Path,
    ladder: Path | None = None,
    id_: Annotated[str | None, Parameter(name="--id")] = None,
    title: str | None = None,
    advertiser: str = "",
    loudness: Literal["ebu-r128", "atsc-a85"] = "ebu-r128",
    slate: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Condition videos to a channel's ladder and put them into its catalogue.

    Example: halftime creative add acme-15.mp4 --creatives ads --ladder ladder.toml --advertiser acme

    Parameters
    ----------
    sources
        Videos with or without sound.
    creatives
        The catalogue's folder; made if there is none.
    ladder
        TOML with the renditions; needed for a new catalogue only.
    id_
        The creative's id; the file's name if nothing is said.
    title
        Its name for people.
    advertiser
        Whose it is.
    loudness
        What its sound is normalised to.
    slate
        Make it the slate, which fills what ads leave.
    """
    from halftime.creatives import Wish, add_creatives
    from halftime.progress import bar
    from halftime.signals import terminable

    if not sources:
        raise InputError("creative add", "at least one video", "none")
    wish = Wish(id_, title, advertiser, loudness, slate)
    with terminable(), bar("Conditioning") as progress:
        added = add_creatives(sources, creatives, ladder, wish, progress)
    for entry in added:
        print(f"{entry.id}: {seconds(sum(entry.durations)):.2f} s in {len(entry.renditions)} renditions")


@creative.command(name="list")
def list_(*, creatives: Path, json_: Json = False) -> None:
    """List what a catalogue holds.

    Example: halftime creative list --creatives .halftime/demo/ads

    Parameters
    ----------
    creatives
        The catalogue's folder.
    """
    from rich.console import Console

    from halftime.creatives import listing, table

    rows = listing(creatives)
    if json_:
        print(json.dumps(rows, indent=2))
    else:
        Console().print(table(rows))


@scte35.command
def decode(message: str, *, json_: Json = False) -> None:
    """Decode one SCTE-35 message.

    Example: halftime scte35 decode /DAlAAAAAAAAAP/wFAUAAAABf+/+LRQrAP4BI9MIAAEBAQAAfxV6SQ==

    Parameters
    ----------
    message
        Base64 or hexadecimal.
    """
    from ssai.scte35.describe import describe
    from ssai.scte35.jsonable import to_json
    from ssai.scte35.text import decode_text as decode_message

    section = decode_message(message)
    print(json.dumps(to_json(section), indent=2) if json_ else describe(section))


def main() -> None:
    """Run the command line; every bad input ends with one line and status 2."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; the exit status."""
    try:
        status = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
    except (CycloptsError, InputError) as error:
        print(f"halftime: {' '.join(str(error).split())}", file=sys.stderr)
        return exits.BAD_INPUT
    except HalftimeError as error:
        print(f"halftime: {error}", file=sys.stderr)
        return exits.FAILED
    except KeyboardInterrupt:
        return exits.INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output (head, less) has seen enough; Python's own flush at the end must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exits.OK
    return status if isinstance(status, int) else exits.OK


def _read(file: Path) -> str:
    """The text of a file, or of standard input for "-"; ``InputError`` names the file."""
    try:
        body = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise InputError(str(file), "a readable file", error.strerror or "an error") from error
    return decode_text(body)


@contextmanager
def _naming(file: Path) -> Iterator[None]:
    """Put the file's name before the place of an error in it."""
    try:
        yield
    except PlaylistError as error:
        raise InputError(f"{file}: {error.where}", error.expected, error.found) from error
