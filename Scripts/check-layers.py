#!/usr/bin/env python3
"""Checks the architecture that ARCHITECTURE.md promises: layers, C libraries, invariants, one table of codes.

Reads the manifest and the sources; prints one line for each breach and exits 1 if there is any.
"""

import json
import pathlib
import re
import subprocess
import sys

LAYERS = [
    {"ThumbwireKit"},
    {"Documents", "HTTP", "Imaging", "Signing", "Persistence"},
    {"SQLiteStore", "Engine", "Webhooks", "BuiltinPlugins"},
    {"API"},
    {"ThumbwireService"},
    {"thumbwire"},
]
# Persistence stands on its neighbours Documents and Signing; nothing else in a layer knows its neighbours.
WITHIN_LAYER = {("Persistence", "Documents"), ("Persistence", "Signing")}
C_OWNERS = {
    "CCurl": {"HTTP"},
    "CMicrohttpd": {"HTTP"},
    "CSQLite": {"SQLiteStore"},
    "CCrypto": {"Signing"},
    "CCairo": {"Imaging"},
    "CPango": {"Imaging"},
    "CFontconfig": {"Imaging"},
    "CTurboJPEG": {"Imaging"},
    "CPNG": {"Imaging"},
    "CWebP": {"Imaging"},
    "CLCMS2": {"Imaging"},
    "CSystem": {"HTTP", "Persistence", "Engine"},
}
# What may stand where, as (pattern, folders in which it may, what it would break).
CONFINED = [
    (r"ProcessInfo\.processInfo\.environment|\bgetenv\(", {"ThumbwireService", "thumbwire"},
     "only the composition root and the CLI read the environment"),
    (r"\bclock_gettime\(CLOCK_REALTIME|\bDate\(\)|\bDate\.now\b", {"ThumbwireService", "thumbwire"},
     "wall-clock time is injected"),
    (r"\bURLSession\b", set(), "every outbound request goes through HTTP's client"),
    (r":\s*(Codable|Decodable|Encodable)\b", {"Persistence", "BuiltinPlugins", "ThumbwireKit"},
     "wire JSON lives in Documents and the faces, stored shapes in Persistence"),
]


def main() -> int:
    root = pathlib.Path(__file__).resolve().parent.parent
    manifest = json.loads(subprocess.check_output(["swift", "package", "dump-package"], cwd=root))
    breaches = []
    if manifest["dependencies"]:
        breaches.append("Package.swift: there are package dependencies; Thumbwire has none")
    rank = {name: number for number, layer in enumerate(LAYERS) for name in layer}
    for target in manifest["targets"]:
        if target["name"] in rank:
            breaches += check_target(root, target["name"], rank)
    breaches += check_codes(root)
    for breach in breaches:
        print(breach, file=sys.stderr)
    if not breaches:
        print(f"layers: {len(rank)} targets, no breach")
    return 1 if breaches else 0


def check_target(root: pathlib.Path, name: str, rank: dict) -> list:
    breaches = []
    for path in sorted((root / "Sources" / name).rglob("*.swift")):
        place = path.relative_to(root)
        text = path.read_text()
        for module in re.findall(r"^\s*(?:\w+ )*import (\w+)", text, re.MULTILINE):
            if module in C_OWNERS and name not in C_OWNERS[module]:
                breaches.append(f"{place}: imports {module}, which belongs to {sorted(C_OWNERS[module])}")
            if module in rank and not may_import(name, module, rank):
                breaches.append(f"{place}: {name} must not import {module}")
        code = re.sub(r"//.*", "", text)
        for pattern, folders, reason in CONFINED:
            if name not in folders and re.search(pattern, code):
                breaches.append(f"{place}: {reason}")
    return breaches


def check_codes(root: pathlib.Path) -> list:
    """Every code that a failure is thrown with stands in the one table that the faces answer from."""
    table = (root / "Sources/Documents/Errors/ErrorCode.swift").read_text()
    known = {code or name for name, code in re.findall(r"^\s*case (\w+)(?: = \"(\w+)\")?", table, re.MULTILINE)}
    breaches = []
    for path in sorted((root / "Sources").rglob("*.swift")):
        for pair in re.findall(r"Failure\(\s*\.?\w+,\s*code:[^\"\n]*\"(\w+)\"(?: : \"(\w+)\")?", path.read_text()):
            breaches += [
                f"{path.relative_to(root)}: code {code} is not in ErrorCode"
                for code in pair if code and code not in known
            ]
    return breaches


def may_import(name: str, module: str, rank: dict) -> bool:
    return rank[module] < rank[name] or (name, module) in WITHIN_LAYER


if __name__ == "__main__":
    sys.exit(main())
