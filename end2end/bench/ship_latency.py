"""Ships log objects to receivers that acknowledge each request or window only after a while, and prints events a second.

The question is whether batches are as large as the settings allow: with small ones the latency of the receiver limits
the rate. The receivers are doubles in a process of their own: they decompress, count and acknowledge, and nothing else.
`make bench-ship` runs this script; LOGYARD names the release binary.
"""

import gzip
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import ship

LOGYARD = os.environ["LOGYARD"]
DELAYS_MS = (1, 20, 100)
OBJECTS = 8
COUNTS = {"events": 0, "requests": 0}
LOCK = threading.Lock()


def counted(events):
    with LOCK:
        COUNTS["events"] += events
        COUNTS["requests"] += 1


class Bulk(BaseHTTPRequestHandler):
    """Answers `_bulk` as Elasticsearch does, one status an event."""

    protocol_version = "HTTP/1.1"
    delay = 0.0

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = zlib.decompress(body, 31)
        events = body.count(b"\n") // 2
        time.sleep(self.delay)
        counted(events)
        answer = b'{"errors":false,"items":[' + b",".join([b'{"create":{"status":201}}'] * events) + b"]}"
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def exactly(stream, count):
    data = bytearray()
    while len(data) < count:
        piece = stream.recv(count - len(data))
        if not piece:
            return None
        data += piece
    return bytes(data)


def lumberjack(stream, delay):
    """Acknowledges each window once all of its frames are there. Frames may be compressed together."""
    with stream:
        while head := exactly(stream, 6):
            if head[:2] != b"2W":
                raise SystemExit(f"not a window: {head!r}")
            events = struct.unpack(">I", head[2:])[0]
            read = 0
            while read < events:
                kind, first = exactly(stream, 2), exactly(stream, 4)
                if kind == b"2C":
                    zlib.decompress(exactly(stream, struct.unpack(">I", first)[0]))
                    read = events
                else:
                    exactly(stream, struct.unpack(">I", exactly(stream, 4))[0])
                    read += 1
            time.sleep(delay)
            counted(events)
            stream.sendall(b"2A" + struct.pack(">I", events))


def receive(kind, delay_ms):
    """A receiver, until the process ends. Prints its port, and its counts for each line that it reads."""
    delay = delay_ms / 1_000
    if kind == "bulk":
        Bulk.delay = delay
        server = ThreadingHTTPServer(("127.0.0.1", 0), Bulk)
        port, serve = server.server_port, server.serve_forever
    else:
        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        port = listener.getsockname()[1]

        def serve():
            while True:
                stream, _ = listener.accept()
                threading.Thread(target=lumberjack, args=(stream, delay), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    print(port, flush=True)
    for _ in sys.stdin:
        print(json.dumps(COUNTS), flush=True)


def main():
    with tempfile.TemporaryDirectory() as folder:
        store = subprocess.Popen([LOGYARD, "s3", "--addr", "127.0.0.1:0", "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        url = json.loads(store.stdout.readline())["url"]
        body = gzip.compress(ship.log(0), 6)
        for number in range(OBJECTS):
            request = urllib.request.Request(f"{url}/source/elb/{number}.log.gz", data=body, method="PUT")
            urllib.request.urlopen(request).close()
        events = OBJECTS * ship.LINES
        print(f"\n{events:,} events over four connections to a receiver that answers after a while")
        print(f"{'':28}{'ms each':>8}{'wall s':>8}{'events/s':>12}{'requests':>10}{'events each':>12}")
        try:
            for kind in ("bulk", "lumberjack"):
                for delay in DELAYS_MS:
                    one(kind, delay, url, events)
        finally:
            store.kill()
            store.wait()


def one(kind, delay, url, events):
    command = [sys.executable, str(Path(__file__)), "receive", kind, str(delay)]
    receiver = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    port = int(receiver.stdout.readline())
    sink = f"http://127.0.0.1:{port}/elb/_bulk" if kind == "bulk" else f"lumberjack://127.0.0.1:{port}"
    ship_it = [LOGYARD, "reprocess", "s3://source/elb/", sink, "--json", "--endpoint-url", url]
    wall, _, _ = ship.measured(ship_it, f"0-{os.cpu_count() - 1}")
    receiver.stdin.write("\n")
    receiver.stdin.flush()
    counts = json.loads(receiver.stdout.readline())
    receiver.kill()
    receiver.wait()
    if counts["events"] != events:
        sys.exit(f"{kind} at {delay} ms: {counts['events']} events arrived of {events}")
    each = events / counts["requests"]
    print(f"{kind:28}{delay:8}{wall:8.2f}{events / wall:12,.0f}{counts['requests']:10,}{each:12,.0f}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["receive"]:
        receive(sys.argv[2], int(sys.argv[3]))
    else:
        main()
