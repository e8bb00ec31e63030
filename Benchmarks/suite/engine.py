"""The engine on its store: `engine-bench` processes, which take commands and answer with JSON."""

import json
import pathlib
import shutil
import subprocess
import tempfile


class Engine:
    def __init__(self, program, work):
        self.folder = tempfile.mkdtemp(dir=work)
        self.process = subprocess.Popen(
            [program, self.folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        self.process.stdin.close()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder)

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"engine-bench ended at: {' '.join(map(str, words))}")
        return json.loads(answer)

    def memory(self):
        """Megabytes that are resident."""
        lines = pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


def rate(figures, part=None):
    """Jobs a second, of handing in and working off taken together or of one of them."""
    return figures["jobs"] / (figures[part] if part else figures["enqueue"] + figures["drain"])
