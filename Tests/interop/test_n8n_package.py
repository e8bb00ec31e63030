"""The n8n package installs from a tarball and works in an emulation of n8n against a real service."""
import json
import os
import re
import shutil
import subprocess

import pytest
from conftest import ROOT, WEBHOOKS
from test_live import KEY, service  # noqa: F401 (a fixture)

PACKAGE = WEBHOOKS / "n8n" / "n8n-nodes-thumbwire"
INTEROP = ROOT / "Tests" / "interop"
MANIFEST = json.loads((PACKAGE / "package.json").read_text())


@pytest.fixture
def installed(tmp_path):
    """The folder of the package, installed beside a stub of n8n-workflow from what `npm pack` would put in its file."""
    tarball = tmp_path / "package.tgz"
    subprocess.run(
        ["tar", "-C", PACKAGE, "-czf", tarball, "--transform", "s,^,package/,",
         "package.json", "README.md", *MANIFEST["files"]], check=True)
    modules = tmp_path / "node_modules"
    folder = modules / MANIFEST["name"]
    folder.mkdir(parents=True)
    # npm takes the first folder of the file off, too.
    subprocess.run(["tar", "-C", folder, "-xzf", tarball, "--strip-components", "1"], check=True)
    shutil.copytree(INTEROP / "n8n-workflow", modules / "n8n-workflow")
    return folder


def test_the_manifest_is_one_of_a_community_package(installed):
    assert MANIFEST["name"].startswith("n8n-nodes-")
    assert "n8n-community-node-package" in MANIFEST["keywords"]
    assert MANIFEST["n8n"]["n8nNodesApiVersion"] == 1
    assert "dependencies" not in MANIFEST and "scripts" not in MANIFEST
    assert list(MANIFEST["peerDependencies"]) == ["n8n-workflow"]
    for path in [MANIFEST["main"], *MANIFEST["n8n"]["credentials"], *MANIFEST["n8n"]["nodes"]]:
        assert (installed / path).is_file(), path


def test_nothing_is_needed_but_node_and_n8n(installed):
    for path in installed.rglob("*.js"):
        needed = re.findall(r"require\('([^']+)'\)", path.read_text())
        assert {name for name in needed if not name.startswith("./")} <= {"n8n-workflow", "node:crypto"}, path


def test_it_works_in_n8n(installed, service):  # noqa: F811
    types = [path.name.removesuffix(".schema.json") for path in (WEBHOOKS / "events").glob("*.*.schema.json")]
    result = subprocess.run(
        ["node", "--test", INTEROP / "n8n_nodes.test.js"], capture_output=True, text=True, timeout=600,
        env={**os.environ, "THUMBWIRE_URL": service, "THUMBWIRE_KEY": KEY, "N8N_PACKAGE": str(installed),
             "EVENT_TYPES": json.dumps([kind for kind in types if kind != "webhook.test"])})
    assert result.returncode == 0, result.stdout + result.stderr
