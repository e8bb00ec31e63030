"""What `make bench` is made of works, with counts too small to say anything of speed."""
import json
import sys
import urllib.error
import urllib.request

import pytest
from conftest import ROOT

sys.path[:0] = [str(ROOT / "Benchmarks" / "suite"), str(ROOT / "Benchmarks" / "webhooks")]
from acceptance import floor  # noqa: E402
from engine import Engine, rate  # noqa: E402
from table import Table, ratios  # noqa: E402

PROGRAMS = ROOT / ".build" / "debug"


def test_the_engine_is_measured_beside_a_history_and_a_blocked_head(tmp_path):
    with Engine(PROGRAMS / "engine-bench", tmp_path) as engine:
        engine.ask("history", 20)
        engine.ask("block", 20)
        for chain in ("default", "five"):
            drained = engine.ask("drain", 20, chain)
            assert drained["jobs"] == 20
            assert rate(drained) < rate(drained, "enqueue")
        paced = engine.ask("pace", 40, 0.5)
        assert paced["jobs"] == 20
        assert 0 < paced["start"]["p50"] <= paced["done"]["p50"] <= paced["done"]["p99"]
        assert engine.ask("neighbours", 10, 90, 0.5)["others"] == 45
    assert not list(tmp_path.iterdir())


def test_the_floor_reads_json_and_answers_as_the_service_does():
    with floor(PROGRAMS / "accept-floor") as port:
        url = f"http://127.0.0.1:{port}/v1/jobs"
        with urllib.request.urlopen(url, data=b'{"prompt":"bench"}', timeout=60) as answer:
            assert (answer.status, json.load(answer)["status"]) == (202, "queued")
        with pytest.raises(urllib.error.HTTPError, match="400"):
            urllib.request.urlopen(url, data=b"{", timeout=60)


@pytest.mark.parametrize(("goal", "met"), [((">=", 2), True), ((">=", 2.5), False), (("<=", 2), True), (("<=", 1), False)])
def test_the_table_holds_the_median_against_the_goal(tmp_path, capsys, goal, met):
    table = Table({"machine": "this"})
    table.row("a figure", "/s", [9, 1, 2], "fsync", goal=goal)
    table.write(tmp_path / "results.json")
    row = json.loads((tmp_path / "results.json").read_text())["rows"][0]
    assert (row["median"], row["least"], row["most"], row["runs"], row["met"]) == (2, 1, 9, [9, 1, 2], met)
    assert ("NOT MET" in capsys.readouterr().out) is not met


def test_a_ratio_is_the_median_of_the_rounds():
    assert ratios([10, 20, 90], [10, 10, 30]) == 2
