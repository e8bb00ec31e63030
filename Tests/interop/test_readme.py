"""The worked example of webhooks/README.md verifies, as it says."""
import os
import re
import subprocess

from conftest import WEBHOOKS

README = (WEBHOOKS / "README.md").read_text()


def test_the_worked_example_is_genuine(tmp_path):
    example = re.search(r"```\nPOST .*?\n(.*?)\n\n(\{.*?\})\n```", README, re.DOTALL)
    secret = re.search(r"signed with `(whsec_[^`]+)`", README).group(1)
    (tmp_path / "headers").write_text(example.group(1) + "\n")
    (tmp_path / "body").write_text(example.group(2))

    result = subprocess.run(
        [WEBHOOKS / "verify" / "verify.sh", tmp_path / "headers", tmp_path / "body"], capture_output=True,
        text=True, env={**os.environ, "THUMBWIRE_SECRET": secret, "NOW": "skip"})

    assert result.stdout == "genuine\n", result.stderr


def test_it_lists_every_event_type():
    types = {path.name.removesuffix(".schema.json") for path in (WEBHOOKS / "events").glob("*.*.schema.json")}
    assert types == set(re.findall(r"^\| `([a-z]+\.[a-z]+)` \|", README, re.MULTILINE))
