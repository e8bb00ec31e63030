"""What a table of figures has to say of where they were made."""

import os
import pathlib
import platform
import sqlite3
import statistics
import subprocess
import time


def facts(work, python):
    return {
        "machine": f"{cpu()}, {os.cpu_count()} cores, {memory():.0f} GB",
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "file system": file_system(work),
        "fdatasync": f"{fsync_median(work) * 1e6:.0f} us, median of 200 times 4 KB",
        "load": f"{os.getloadavg()[0]:.1f} at the start",
        "commit": output("git", "rev-parse", "--short", "HEAD") or "unknown",
        "swift": output("swift", "--version").splitlines()[0] if output("swift", "--version") else "unknown",
        "libraries": f"SQLite {sqlite3.sqlite_version}, " + ", ".join(
            f"{name} {output('pkg-config', '--modversion', module)}"
            for name, module in (("libmicrohttpd", "libmicrohttpd"), ("libcurl", "libcurl"))),
        "peers": ", ".join(peers(python)) or "none installed",
    }


def cpu():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown CPU")


def memory():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def file_system(folder):
    found = output("findmnt", "--noheadings", "--output", "FSTYPE,OPTIONS", "--target", folder)
    return " ".join(found.split()) or "unknown"


def fsync_median(folder):
    times = []
    with open(pathlib.Path(folder) / "sync", "wb", buffering=0) as file:
        for _ in range(200):
            file.write(bytes(4096))
            begin = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - begin)
    return statistics.median(times)


def peers(python):
    listed = output(python, "-m", "pip", "list", "--format", "freeze").splitlines() if python else []
    names = ("huey", "dbos", "procrastinate")
    found = [line.replace("==", " ") for line in listed if line.split("==")[0] in names]
    postgres = postgres_programs()
    return found + ([output(postgres / "postgres", "--version")] if postgres else [])


def postgres_programs():
    """The folder of PostgreSQL's programs; `None` where it is not installed."""
    folders = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
    return folders[-1] if folders and (folders[-1] / "initdb").exists() else None


def output(*command):
    try:
        return subprocess.run([*map(str, command)], text=True, capture_output=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
