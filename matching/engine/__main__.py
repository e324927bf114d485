"""`python -m matching.engine FILE.jsonl`: play a command file and print its events, one a line."""

import argparse
import gzip
import os
import sys
import zlib
from collections.abc import Iterator
from itertools import islice
from typing import IO

from matching.engine.command_file import event_lines, read_numbered, resting_lines, why_not_lines
from matching.engine.dtypes import Detail
from matching.engine.interface import Engine

LINES_A_CALL = 4096


class UnreadableFile(Exception):
    """The command file cannot be opened or decompressed."""


def make_engine(name: str) -> Engine:
    """Return an empty engine; the kernel is imported only when asked for, since it brings numba."""
    if name == "reference":
        from matching.engine.reference import ReferenceEngine

        return ReferenceEngine()
    from matching.engine.kernel import KernelEngine

    return KernelEngine()


def open_lines(path: str) -> IO[bytes] | gzip.GzipFile:
    if path == "-":
        return sys.stdin.buffer
    return gzip.open(path, "rb") if path.endswith(".gz") else open(path, "rb")


def numbered_lines(path: str) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a command file with their numbers from 0; blank lines count, and say nothing."""
    try:
        with open_lines(path) as lines:
            for number, line in enumerate(lines):
                if line.strip():
                    yield number, line
    except (OSError, EOFError, zlib.error) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UnreadableFile(f"Cannot read {path}: {why}. Name a file of JSON lines, plain or .gz.") from error


def play(engine: Engine, path: str, *, detail: Detail, resting: bool, why_not: list[int]) -> None:
    lines = numbered_lines(path)
    while batch := list(islice(lines, LINES_A_CALL)):
        commands, numbers = read_numbered(batch)
        events = engine.apply(commands, detail)
        sys.stdout.writelines(f"{line}\n" for line in event_lines(events, numbers))
    if resting:
        sys.stdout.writelines(f"{line}\n" for line in resting_lines(engine.resting()))
    for id_ in why_not:
        sys.stdout.writelines(f"{line}\n" for line in why_not_lines(id_, engine.why_not(id_)))
    sys.stdout.flush()


def main() -> int:
    """Run the program and return its exit code: 2 where the file cannot be read."""
    parser = argparse.ArgumentParser(
        prog="python -m matching.engine", description="Play a command file, print its events."
    )
    parser.add_argument("file", help="commands, one JSON object a line; .gz is decompressed; - reads standard input")
    parser.add_argument("--engine", choices=("kernel", "reference"), default="kernel")
    parser.add_argument("--explain", action="store_true", help="print what was accepted, rested and triggered, too")
    parser.add_argument("--resting", action="store_true", help="print what is open at the end, too")
    parser.add_argument(
        "--why-not",
        type=int,
        action="append",
        default=[],
        metavar="ID",
        help="say why an order does not trade at the end",
    )
    options = parser.parse_args()
    try:
        play(
            make_engine(options.engine),
            options.file,
            detail=Detail.ALL if options.explain else Detail.OUTCOMES,
            resting=options.resting,
            why_not=options.why_not,
        )
    except UnreadableFile as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
