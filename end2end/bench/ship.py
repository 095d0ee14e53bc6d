"""Ships the same log objects to the same receiver with Logyard and with common tools, and prints the cost of each.

The embedded store and the receiver, which only counts lines, are separate processes. Lines per CPU second concern the
tool alone. The limit decompresses the same objects and copies the bytes once. `make bench-ship` runs this script;
LOGYARD and LIMIT name the release binaries.
"""

import gzip
import json
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

LOGYARD, LIMIT = os.environ["LOGYARD"], os.environ.get("LIMIT", "")
BASELINE = Path(__file__).parent / "ship-baseline.mjs"
OBJECTS, LINES = 8, 76_464
ROUNDS = 3
AGENTS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.3 Mobile/15E148",
    "curl/8.5.0",
]


def log(seed):
    """The given number of classic records, some 370 bytes each."""
    chance = random.Random(seed)
    lines = []
    for number in range(LINES):
        lines.append(
            f"2026-03-09T14:{number * 60 // LINES:02}:{chance.random() * 59:09.6f}Z shop-production "
            f"{chance.randrange(1, 255)}.{chance.randrange(255)}.17.{chance.randrange(255)}:{chance.randrange(1024, 65535)} "
            f"10.0.{chance.randrange(8)}.{chance.randrange(255)}:8080 0.0000{chance.randrange(10, 99)} 0.{chance.randrange(1000, 999999)} "
            f"0.0000{chance.randrange(10, 99)} {chance.choice((200, 200, 200, 304, 404, 502))} 200 0 {chance.randrange(100000)} "
            f'"GET https://shop.example:443/api/v2/items/{chance.randrange(10**9)}?session={chance.getrandbits(96):024x}&page={number % 50} HTTP/1.1" '
            f'"{chance.choice(AGENTS)}" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2\n'
        )
    return "".join(lines).encode()


class Receiver(threading.Thread):
    """Counts lines, and closes after the sender. Runs in its own process."""

    @staticmethod
    def serve():
        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        print(listener.getsockname()[1], flush=True)
        while True:
            stream, _ = listener.accept()
            threading.Thread(target=Receiver.take, args=(stream,), daemon=True).start()

    @staticmethod
    def take(stream):
        lines, buffer = 0, bytearray(1 << 20)
        with stream:
            while read := stream.recv_into(buffer):
                lines += buffer.count(b"\n", 0, read)
            print(lines, file=sys.stderr, flush=True)


class Receiving:
    def __init__(self):
        command = [sys.executable, str(Path(__file__)), "receive"]
        self.counts = tempfile.NamedTemporaryFile("r")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=open(self.counts.name, "w"), text=True)
        self.port = int(self.process.stdout.readline())

    def lines(self):
        return sum(int(line) for line in Path(self.counts.name).read_text().split())

    def wait(self, lines):
        while self.lines() < lines:
            time.sleep(0.01)

    def stop(self):
        self.process.kill()
        self.process.wait()


def measured(command, cores):
    begun = time.monotonic()
    process = subprocess.Popen(["taskset", "-c", cores, *map(str, command)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command[0]} ended with {process.returncode}")
    return time.monotonic() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def rsyslog(files, port, folder, cores):
    """imfile → omfwd with the same uncompressed lines, until the receiver has all of them."""
    config, state = Path(folder) / "rsyslog.conf", Path(folder) / "state"
    state.mkdir()
    inputs = "\n".join(f'input(type="imfile" file="{file}" tag="elb" ruleset="forward")' for file in files)
    config.write_text(
        f'global(workDirectory="{state}")\nmodule(load="imfile")\ntemplate(name="raw" type="string" string="%msg%\\n")\n'
        f'ruleset(name="forward") {{ action(type="omfwd" target="127.0.0.1" port="{port}" protocol="tcp" template="raw") }}\n{inputs}\n'
    )
    return subprocess.Popen(["taskset", "-c", cores, "rsyslogd", "-n", "-f", config, "-i", state / "pid"], stderr=subprocess.DEVNULL)


def run_rsyslog(files, folder, cores):
    """A receiver that reports counts continuously, because rsyslog keeps its connection open until it is stopped."""
    listener = socket.create_server(("127.0.0.1", 0))
    begun = time.monotonic()
    process = rsyslog(files, listener.getsockname()[1], folder, cores)
    stream, _ = listener.accept()
    lines, buffer = 0, bytearray(1 << 20)
    while lines < OBJECTS * LINES and (read := stream.recv_into(buffer)):
        lines += buffer.count(b"\n", 0, read)
    wall = time.monotonic() - begun
    process.send_signal(signal.SIGTERM)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    with tempfile.TemporaryDirectory() as folder:
        # In its own process: the peak memory of this process would count as that of each child.
        subprocess.run([sys.executable, str(Path(__file__)), "generate", folder, str(OBJECTS)], check=True)
        plain = [Path(folder) / f"{number}.log" for number in range(OBJECTS)]
        packed = [Path(folder) / f"{number}.log.gz" for number in range(OBJECTS)]
        megabytes = sum(file.stat().st_size for file in plain) / 1e6
        store = subprocess.Popen([LOGYARD, "s3", "--addr", "127.0.0.1:0", "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        url = json.loads(store.stdout.readline())["url"]
        for file in packed:
            request = urllib.request.Request(f"{url}/source/elb/{file.name}", data=file.read_bytes(), method="PUT")
            urllib.request.urlopen(request).close()
        objects = [f"{url}/source/elb/{file.name}" for file in packed]

        def logyard(cores):
            def run():
                receiver = Receiving()
                took = measured([LOGYARD, "reprocess", "s3://source/elb/", f"tcp://127.0.0.1:{receiver.port}", "--json", "--endpoint-url", url], cores)
                receiver.wait(OBJECTS * LINES)
                receiver.stop()
                return took
            return run

        def node():
            receiver = Receiving()
            took = measured(["node", BASELINE, receiver.port, *objects], "0")
            receiver.wait(OBJECTS * LINES)
            receiver.stop()
            return took

        def forwarded():
            with tempfile.TemporaryDirectory() as state:
                return run_rsyslog(plain, state, "0")

        print(f"{OBJECTS} objects, {OBJECTS * LINES:,} classic lines, {megabytes:.0f} MB; medians of {ROUNDS} runs")
        print(f"{'':28}{'wall s':>8}{'lines/s':>12}{'MB/s':>7}{'CPU s':>8}{'lines/CPU s':>13}{'MiB':>6}")
        rows = [
            ("logyard, one core", logyard("0")), ("logyard, all cores", logyard(f"0-{os.cpu_count() - 1}")),
            ("node: readline, regex", node), ("rsyslog: plain, unparsed", forwarded if shutil.which("rsyslogd") else None),
            ("limit: inflate + copy", lambda: measured([LIMIT, *packed], "0")),
        ]
        try:
            for name, run in rows:
                if run is None:
                    print(f"{name:28}  not installed")
                    continue
                wall, cpu, peak = (statistics.median(figures) for figures in zip(*(run() for _ in range(ROUNDS))))
                lines = OBJECTS * LINES
                print(f"{name:28}{wall:8.2f}{lines / wall:12,.0f}{megabytes / wall:7.0f}{cpu:8.2f}{lines / cpu:13,.0f}{peak:6.0f}", flush=True)
        finally:
            store.kill()
            store.wait()


def generate(folder, objects):
    for number in range(objects):
        plain = log(number)
        (Path(folder) / f"{number}.log").write_bytes(plain)
        (Path(folder) / f"{number}.log.gz").write_bytes(gzip.compress(plain, 6))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["receive"]:
            Receiver.serve()
        case ["generate", folder, objects]:
            generate(folder, int(objects))
        case _:
            main()
