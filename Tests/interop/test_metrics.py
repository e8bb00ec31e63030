"""A live scrape, its documentation and the alert rules, as Prometheus' own tools read them."""
import re
import subprocess
import urllib.request

import running
from conftest import ROOT
from prometheus_client.parser import text_string_to_metric_families


def scrape(service):
    request = urllib.request.Request(service.url + "/metrics", headers={"Authorization": f"Bearer {running.KEY}"})
    with urllib.request.urlopen(request, timeout=running.PATIENCE) as answer:
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        return answer.read().decode()


def test_prometheus_reads_a_scrape_and_finds_nothing_to_improve(tmp_path):
    with running.Service(tmp_path) as service:
        job = service.call("POST", "/v1/jobs", {"title": "Scraped", "resolution": "320x180"})
        running.wait_until(
            lambda: service.call("GET", f"/v1/jobs/{job['id']}?wait=20")["status"] in running.ENDED, "the job's end")
        done = 'thumbwire_jobs_finished_total{state="completed",class="none"} 1\n'
        text = running.wait_until(lambda: (found := scrape(service)) and done in found and found, "a counted job")

    families = {family.name: family for family in text_string_to_metric_families(text)}
    buckets = [s for s in families["thumbwire_job_duration_seconds"].samples if s.name.endswith("_bucket")]
    assert [s.value for s in buckets] == sorted(s.value for s in buckets)
    assert buckets[-1].labels["le"] == "+Inf" and buckets[-1].value == 1
    documented = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "metrics.md").read_text(), re.M))
    assert {re.sub("_total$", "", name) for name in documented} == set(families)
    check = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True)
    assert check.returncode == 0, check.stdout + check.stderr


def test_the_alert_rules_are_valid():
    check = subprocess.run(
        ["promtool", "check", "rules", ROOT / "docs" / "alerts.yml"], text=True, capture_output=True)
    assert check.returncode == 0, check.stdout + check.stderr
