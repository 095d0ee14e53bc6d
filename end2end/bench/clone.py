"""Clones the same buckets with Logyard and with common tools, and prints the cost of each.

Every run has its own embedded store, in memory and in another process, so that CPU seconds and memory are those of the
tool alone. Ratios are to Logyard's figure in the same scenario of the same run. `make bench-clone` installs the
peers and calls this; LOGYARD names the release binary. Arguments: the scenarios to run (default: all), such as
`near distant`.
"""

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

LOGYARD = os.environ["LOGYARD"]
PEERS = Path(os.environ["LOGYARD_PEERS"])
COMPARE = Path(__file__).parent.parent / "support" / "compare.py"
WITHIN = 900
ROUNDS = 3


@dataclass
class Scenario:
    """Objects and latency of the store, and the measured figures."""

    title: str
    store: list[str]
    source: str = "source"
    destination: str = "destination"
    faithful: bool = False
    rounds: int = ROUNDS
    tools: tuple[str, ...] = ("logyard", "logyard, unverified", "s5cmd cp", "s5cmd sync", "s3sync", "rclone", "aws")


ALREADY = ("logyard", "s5cmd sync", "s3sync", "rclone", "aws")
SCENARIOS = {
    "near": Scenario("7,500 objects in 195 prefixes, no latency", ["--objects", "7500", "--folders", "195"]),
    "distant": Scenario(
        "7,500 objects in 195 prefixes, 50 ms a request", ["--objects", "7500", "--folders", "195", "--latency", "50"],
    ),
    # What each tool leaves out, checked with boto3; times mean little here, because some tools retry.
    "odd": Scenario(
        "the demo: odd keys, metadata, tags, content headers", ["--seed"], "demo-assets", "demo-clone", faithful=True, rounds=1,
        tools=("logyard", "s5cmd cp", "s3sync", "rclone", "aws"),
    ),
    "one-prefix": Scenario(
        "50,000 objects in one prefix, 50 ms, 3,500 writes a second to a prefix",
        ["--objects", "50000", "--latency", "50", "--writes-per-second", "3500"], rounds=1,
    ),
    "many-prefixes": Scenario(
        "50,000 objects in 195 prefixes, 50 ms, 3,500 writes a second to a prefix",
        ["--objects", "50000", "--folders", "195", "--latency", "50", "--writes-per-second", "3500"], rounds=1,
    ),
    "nothing": Scenario("50,000 objects, nothing to do", ["--objects", "50000", "--folders", "195", "--copied"], tools=ALREADY),
    "million": Scenario("1,000,000 objects, nothing to do", ["--objects", "1000000", "--copied"], tools=ALREADY, rounds=1),
}


class Store:
    """An embedded store in its own process, which reports its requests at the end."""

    def __init__(self, arguments):
        command = [LOGYARD, "s3", "--addr", "127.0.0.1:0", "--json", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = json.loads(self.process.stdout.readline())["url"]

    def cpu(self):
        """CPU seconds used so far: the store shares the processors with its client."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        answered = json.loads(self.process.stdout.readline())["requests"]
        self.process.wait()
        return answered


# Concurrency matters most: each tool is tried with these values, and measured with its best. Logyard adapts by itself;
# aws keeps one processor busy at a third of a hundred.
SETTINGS = {
    "s5cmd cp": (64, 256, 512), "s5cmd sync": (64, 256, 512), "s3sync": (32, 64, 256), "rclone": (64, 256), "aws": (100,),
}


def command(tool, url, source, destination, at_once):
    s5cmd = [PEERS / "s5cmd", "--endpoint-url", url, "--numworkers", at_once, "--log", "error"]
    clone = [LOGYARD, "clone", f"s3://{source}", f"s3://{destination}", "--endpoint-url", url, "--json"]
    return {
        "logyard": clone,
        "logyard, unverified": [*clone, "--no-verify"],
        "s5cmd cp": [*s5cmd, "cp", f"s3://{source}/*", f"s3://{destination}/"],
        "s5cmd sync": [*s5cmd, "sync", f"s3://{source}/*", f"s3://{destination}/"],
        "s3sync": [
            PEERS / "s3sync", "--source-endpoint-url", url, "--target-endpoint-url", url, "--server-side-copy",
            "--source-access-key", "bench", "--source-secret-access-key", "bench", "--source-region", "us-east-1",
            "--target-access-key", "bench", "--target-secret-access-key", "bench", "--target-region", "us-east-1",
            "--source-force-path-style", "--target-force-path-style",
            "--worker-size", at_once, f"s3://{source}", f"s3://{destination}",
        ],
        "rclone": [
            PEERS / "rclone", "sync", f":s3:{source}", f":s3:{destination}", "--s3-provider", "Other", "--s3-endpoint", url,
            "--s3-access-key-id", "bench", "--s3-secret-access-key", "bench", "--s3-force-path-style", "--s3-no-check-bucket",
            "--transfers", at_once, "--checkers", at_once, "--fast-list", "--checksum", "--quiet",
        ],
        "aws": [PEERS / "aws", "--endpoint-url", url, "s3", "sync", f"s3://{source}", f"s3://{destination}", "--only-show-errors"],
    }[tool]


def measured(arguments, folder):
    """Wall seconds, CPU seconds and peak MiB of one process; and how it ended."""
    config = Path(folder) / "aws-config"
    config.write_text("[default]\nregion = us-east-1\ns3 =\n  max_concurrent_requests = 100\n  addressing_style = path\n")
    environment = {
        "PATH": os.environ["PATH"], "HOME": folder, "AWS_CONFIG_FILE": str(config),
        "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_REGION": "us-east-1",
    }
    begun = time.monotonic()
    process = subprocess.Popen(
        [str(argument) for argument in arguments], cwd=folder, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
    )
    said = []
    # Only wait4 returns the usage of one child; an unread pipe must not block it.
    os.set_blocking(process.stderr.fileno(), False)
    while True:
        said.append(process.stderr.read() or b"")
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        if ended:
            break
        if time.monotonic() - begun > WITHIN:
            os.killpg(process.pid, signal.SIGKILL)
        time.sleep(0.005)
    wall = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    said.append(process.stderr.read() or b"")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode, b"".join(said).decode(errors="replace")


def fidelity(url, scenario):
    answer = subprocess.run(
        [sys.executable, str(COMPARE), url, scenario.source, scenario.destination], capture_output=True, text=True, check=True,
    )
    found = json.loads(answer.stdout)
    faults = {name: len(found[name]) for name in ("missing", "extra", "different", "described_otherwise") if found[name]}
    return "equal" if not faults else ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in faults.items())


def one(tool, scenario, folder, compare, at_once):
    store = Store(scenario.store)
    try:
        before = store.cpu()
        wall, cpu, peak, code, said = measured(command(tool, store.url, scenario.source, scenario.destination, at_once), folder)
        served = store.cpu() - before
        verdict = fidelity(store.url, scenario) if compare else ""
    finally:
        answered = store.stop() if not compare else (store.stop() and {})
    if code != 0 and not verdict:
        verdict = f"exit {code}: {said.strip().splitlines()[-1][:60] if said.strip() else ''}"
    return {"wall": wall, "cpu": cpu, "served": served, "peak": peak, "requests": answered, "verdict": verdict}


def measured_at_best(tool, scenario, folder):
    """The runs with the fastest successful setting of the tool; the first run of each setting determines it."""
    tried = [(at_once, one(tool, scenario, folder, False, at_once)) for at_once in SETTINGS.get(tool, (None,))]
    at_once, first = min(tried, key=lambda pair: ("exit" in pair[1]["verdict"], pair[1]["wall"]))
    return [first] + [one(tool, scenario, folder, False, at_once) for _ in range(scenario.rounds - 1)], at_once


def bench(scenario):
    print(f"\n{scenario.title}")
    print(f"{'':22}{'wall s':>9}{'ratio':>7}{'CPU s':>8}{'store':>8}{'MiB':>7}{'requests':>10}{'refused':>9}  result")
    base = None
    for tool in scenario.tools:
        if not shutil.which(str(command(tool, "", "", "", 1)[0])):
            print(f"{tool:22}  not installed")
            continue
        with tempfile.TemporaryDirectory() as folder:
            runs, at_once = measured_at_best(tool, scenario, folder)
            verdict = one(tool, scenario, folder, True, at_once)["verdict"] if scenario.faithful else runs[-1]["verdict"]
        figure = {name: statistics.median(run[name] for run in runs) for name in ("wall", "cpu", "served", "peak")}
        requests = runs[-1]["requests"]
        refused = requests.pop("SlowDown", 0)
        base = base or figure["wall"]
        print(
            f"{tool + (f', {at_once}' if at_once else ''):22}{figure['wall']:9.2f}{figure['wall'] / base:7.2f}{figure['cpu']:8.2f}{figure['served']:8.2f}"
            f"{figure['peak']:7.0f}"
            f"{sum(requests.values()):10}{refused:9}  {verdict}", flush=True,
        )


def main():
    wanted = sys.argv[1:] or list(SCENARIOS)
    unknown = [name for name in wanted if name not in SCENARIOS]
    if unknown:
        sys.exit(f"no scenario {unknown[0]}; there are {', '.join(SCENARIOS)}")
    print("medians of", ROUNDS, "runs where there are several; ratio: wall seconds to Logyard's; store: its CPU seconds meanwhile")
    for name in wanted:
        bench(SCENARIOS[name])


if __name__ == "__main__":
    main()
