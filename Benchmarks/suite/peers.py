"""Other engines, each run as a process of its own that prints what it measured."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from machine import postgres_programs

HERE = pathlib.Path(__file__).resolve().parent.parent / "peers"


class LeftOut(Exception):
    """Why a peer cannot be measured here."""


def run(python, name, *arguments):
    """Jobs a second, handing in and working off taken together."""
    command = [python, HERE / f"{name}_peer.py", *arguments]
    ended = subprocess.run([*map(str, command)], text=True, capture_output=True, timeout=900)
    if ended.returncode != 0:
        lines = ended.stderr.strip().splitlines()
        raise LeftOut(lines[-1] if lines else f"exit {ended.returncode}")
    figures = json.loads(ended.stdout.strip().splitlines()[-1])
    return figures["jobs"] / (figures["enqueue"] + figures["drain"])


def in_folder(work, python, name, *arguments):
    folder = tempfile.mkdtemp(dir=work)
    try:
        return run(python, name, folder, *arguments)
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def postgres(work):
    """A cluster of its own with PostgreSQL's defaults, reached through a socket; yields what connects to it."""
    programs = postgres_programs()
    if programs is None:
        raise LeftOut("postgresql is not installed")
    # The server refuses to run as root.
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder = pathlib.Path(tempfile.mkdtemp(dir=work))
    if user:
        shutil.chown(folder, "postgres")
        os.chmod(work, 0o711)
    control = [*user, programs / "pg_ctl", "--pgdata", folder / "data", "--wait", "--silent"]
    options = f"-k {folder} -c listen_addresses=''"
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
    try:
        subprocess.run([*user, programs / "initdb", "--pgdata", folder / "data", "--auth", "trust",
                        "--username", "bench"], **quiet)
        subprocess.run([*control, "--log", folder / "log", "--options", options, "start"], **quiet)
    except (OSError, subprocess.CalledProcessError) as error:
        raise LeftOut(f"PostgreSQL does not start: {error}") from error
    try:
        yield f"host={folder} user=bench dbname=postgres"
    finally:
        subprocess.run([*control, "--mode", "immediate", "stop"], **quiet)
