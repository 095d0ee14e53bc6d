"""Loads a table of a million rows, with Logyard over HTTP and with `pg_dump | psql`; then finds and repairs the
differences between two such tables, with Logyard and with reladiff. Prints the cost of each.

Both databases are on a temporary PostgreSQL server. The copy is restored before each tool, so that all find the same
differences. PostgreSQL itself checks that the tables are equal afterwards. `make bench-sync` installs the peer and runs
this script; LOGYARD names the release binary, ROWS the number of rows (default: a million).
"""

import json
import os
import random
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import psycopg2

LOGYARD = os.environ["LOGYARD"]
RELADIFF = Path(os.environ["LOGYARD_PEERS"]) / "reladiff"
ROWS = int(os.environ.get("ROWS", "1000000"))
CLUSTER = Path(__file__).parents[2] / "server/db/src/testing/postgres.sh"
TOKEN = "a-token-for-this-run-alone"
PATH = "/v1/customers/acme/databases/shop/tables/orders"
TABLE = """
CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint NOT NULL, state text NOT NULL, total numeric(12, 2) NOT NULL,
                     note text, updated_at timestamptz NOT NULL, row_version bigint NOT NULL);
CREATE SEQUENCE versions START {next};
INSERT INTO orders SELECT i, i * 7919 % 20000, 'paid', (i % 100000) / 100.0, md5(i::text), '2026-01-01Z', i
    FROM generate_series(1::bigint, {rows}) i;
CREATE INDEX orders_row_version ON orders (row_version);
"""
# Rows of tables and summaries read since the server started, by index or not.
READ = """
SELECT COALESCE((SELECT SUM(seq_tup_read) FROM pg_stat_user_tables), 0)
     + COALESCE((SELECT SUM(idx_tup_read) FROM pg_stat_user_indexes), 0)
"""


class Cluster:
    def __init__(self, folder):
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        self.folder = folder
        folder.mkdir()
        script = ["setsid", "sh", str(CLUSTER), str(folder), str(os.getpid()), str(programs), "on"]
        # Run like in the tests: the arguments begin at 1.
        self.process = subprocess.Popen(script, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not (folder / "ready").exists():
            assert self.process.poll() is None, "PostgreSQL did not start"
            time.sleep(0.05)
        for name in ("shop", "copy"):
            self.run("postgres", f"CREATE DATABASE {name}")

    def url(self, database):
        return f"postgres://postgres@localhost/{database}?host={self.folder}"

    def run(self, database, sql, *values):
        connection = psycopg2.connect(host=str(self.folder), user="postgres", dbname=database)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            rows = cursor.fetchall() if cursor.description else []
        connection.close()
        return rows

    def read(self):
        """Waits for statistics: sessions report reads when they end, or after ten idle seconds."""
        time.sleep(11)
        return {name: int(self.run(name, READ)[0][0]) for name in ("shop", "copy")}

    def dump(self, database):
        return self.run(database, "SELECT count(*), md5(string_agg(md5(orders::text), '' ORDER BY id)) FROM orders")[0]


class Ends:
    """Logyard at both endpoints: a replica server with the copy, and the configuration that syncs it."""

    def __init__(self, cluster, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.addr = f"127.0.0.1:{free.getsockname()[1]}"
        self.folder, self.cluster = folder, cluster
        self.config("holder", f"""
[server]
addr = "{self.addr}"
[demo]
addr = "127.0.0.1:0"
[[replicas]]
customer = "acme"
database = "shop"
table = "orders"
url = "{cluster.url("copy")}"
tokens = ["{TOKEN}"]
""")
        for strategy in ("ranges", "scan"):
            self.config(strategy, self.table(cluster.url("shop"), strategy))
        self.server = subprocess.Popen(
            [LOGYARD, "--config", folder / "holder.toml", "serve"], cwd=folder / "holder", text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )
        assert "Logyard is at" in self.server.stdout.readline()

    def table(self, url, strategy):
        return f"""
[sync]
requests_per_second = 100000
rows_per_second = 100000000
[[tables]]
name = "orders"
url = "{url}"
remote = "http://{self.addr}{PATH}"
token = "{TOKEN}"
strategy = "{strategy}"
"""

    def config(self, name, text):
        (self.folder / name).mkdir()
        (self.folder / f"{name}.toml").write_text(text)

    def sync(self, config, *arguments):
        command = [LOGYARD, "--config", self.folder / f"{config}.toml", "sync", "orders", *arguments]
        done = measured([str(part) for part in command], self.folder / config)
        if done["code"] not in (0, 1):
            raise SystemExit(f"{' '.join(map(str, command))}: exit {done['code']}: {done['said']}")
        return done

    def stop(self):
        self.server.terminate()
        self.server.wait()


def measured(command, folder):
    """Wall and CPU seconds of one process, and what it printed."""
    begun = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return {
        "wall": time.monotonic() - begun, "cpu": usage.ru_utime + usage.ru_stime, "code": process.returncode, "said": said,
    }


def differ(cluster, count, where):
    """Alternating differences: stale rows that only the copy has, and rows missing in the copy."""
    top = range(ROWS - count + 1, ROWS + 1)
    keys = list(top) if where == "top" else sorted(random.Random(count).sample(range(2, ROWS), count))
    for database, part in (("shop", keys[0::2]), ("copy", keys[1::2])):
        cluster.run(database, "DELETE FROM orders WHERE id = ANY(%s)", part)
    return keys


def restore(cluster, keys):
    """Restores those rows in both tables."""
    values = "SELECT i, i * 7919 %% 20000, 'paid', (i %% 100000) / 100.0, md5(i::text), '2026-01-01Z', i FROM unnest(%s::bigint[]) i"
    for database in ("shop", "copy"):
        cluster.run(database, f"INSERT INTO orders {values} ON CONFLICT DO NOTHING", keys)


HEAD = "".join([
    f"{'':34}{'wall s':>8}{'ratio':>8}{'CPU s':>8}{'rounds':>8}{'requests':>10}{'kB':>10}",
    f"{'rows here':>12}{'rows there':>12}{'pg here':>12}{'pg there':>12}",
])


def figures(name, done, read=None, base=None):
    """Rows read by Logyard's count and by PostgreSQL's, which includes look-ups before writes."""
    told = json.loads(done["said"].strip().splitlines()[-1]) if name.startswith("logyard") else {}
    kilobytes = (told["bytes_sent"] + told["bytes_received"]) / 1000 if told else None
    cells = [
        f"{name:34}{done['wall']:8.2f}{done['wall'] / base if base else 1:8.2f}{done['cpu']:8.2f}",
        f"{told['rounds']:8}{told['requests']:10}{kilobytes:10.1f}" if told else f"{'':8}{'':10}{'':10}",
        f"{told['local_rows']:12,}{told['remote_rows']:12,}" if told else f"{'':12}{'':12}",
        f"{read['shop']:12,}{read['copy']:12,}" if read else f"{'':12}{'':12}",
    ]
    print("".join(cells), f" {told.get('state', '')}", flush=True)


def since(before, now):
    return {name: now[name] - before[name] for name in now}


def reladiff(cluster):
    host = str(cluster.folder).replace("/", "%2F")
    ends = [part for name in ("shop", "copy") for part in (f"postgresql://postgres@{host}/{name}", "orders")]
    return lambda: measured([str(RELADIFF), *ends, "-k", "id", "-c", "row_version"], cluster.folder.parent)


def scenario(cluster, ends, count, where):
    keys = differ(cluster, count, where)
    print(f"\n{count:,} {'difference' if count == 1 else 'differences'} {where}, of {ROWS:,} rows")
    print(HEAD)
    base, before = None, cluster.read()
    for name, work in (
        ("logyard, says what differs", lambda: ends.sync("ranges", "--verify", "--json")),
        ("logyard scan, says what differs", lambda: ends.sync("scan", "--verify", "--json")),
        ("reladiff, says what differs", reladiff(cluster)),
        ("logyard, mends it and proves it", lambda: ends.sync("ranges", "--json")),
    ):
        if name.startswith("reladiff") and not RELADIFF.exists():
            print(f"{name:34}  not installed")
            continue
        done, now = work(), cluster.read()
        figures(name, done, since(before, now), base)
        base, before = base or done["wall"], now
    equal(cluster)
    restore(cluster, keys)


def equal(cluster):
    shop, copy = cluster.dump("shop"), cluster.dump("copy")
    print(f"PostgreSQL says: {'equal' if shop == copy else f'NOT EQUAL, {shop} and {copy}'}", flush=True)
    if shop != copy:
        raise SystemExit(1)


def first_load(cluster, ends):
    """All rows into an empty copy, beside `pg_dump | psql` on the same server, and all contents compared afterwards."""
    print(f"\nfirst load of {ROWS:,} rows")
    print(HEAD)
    cluster.run("copy", "TRUNCATE orders")
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    pipe = f"'{programs}/pg_dump' --data-only -t orders '{cluster.url('shop')}' | '{programs}/psql' -q '{cluster.url('copy')}'"
    base = measured(["sh", "-c", pipe], cluster.folder.parent)
    figures("pg_dump | psql", base)
    equal(cluster)
    cluster.run("copy", "TRUNCATE orders")
    figures("logyard, loads it", ends.sync("ranges", "--json"), base=base["wall"])
    equal(cluster)
    figures("logyard, compares contents", ends.sync("ranges", "--verify", "--contents", "--json"), base=base["wall"])


def with_writers(cluster, ends):
    """A thousand scattered differences under concurrent writes; the rest is sent once the writes have stopped."""
    differ(cluster, 1000, "spread")
    print(f"\n1,000 differences spread and some thousand writes a second while they are looked for, of {ROWS:,} rows")
    resting, strokes = threading.Event(), 0

    def write():
        nonlocal strokes
        while not resting.is_set():
            cluster.run("shop", """
                INSERT INTO orders SELECT nextval('versions') + 10000000, 1, 'new', 1, NULL, now(), currval('versions')
                    FROM generate_series(1, 20);
                UPDATE orders SET state = 'sent', row_version = nextval('versions')
                    WHERE id IN (SELECT (random() * 1000000)::bigint FROM generate_series(1, 20));
                DELETE FROM orders WHERE id IN (SELECT (random() * 1000000)::bigint FROM generate_series(1, 5))""")
            strokes += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        figures("logyard, while they write", ends.sync("ranges", "--once", "--json"))
        time.sleep(2)
    finally:
        resting.set()
        writer.join()
    print(f"{strokes} transactions of 45 rows")
    before, done = cluster.read(), ends.sync("ranges", "--json")
    figures("logyard, once they rest", done, since(before, cluster.read()))
    equal(cluster)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        cluster = Cluster(folder / "postgres")
        for database in ("shop", "copy"):
            cluster.run(database, TABLE.format(next=ROWS + 1, rows=ROWS))
            cluster.run(database, "VACUUM ANALYZE orders")
        ends = Ends(cluster, folder)
        try:
            first_load(cluster, ends)
            for config, held in (("ranges", ()), ("holder", ("--held-for", "acme/shop"))):
                begun = time.monotonic()
                ends.sync(config, "--apply-migration", *held)
                print(f"summaries of {'the copy' if held else 'the local table'} made in {time.monotonic() - begun:.1f} s")
            for count, where in ((1, "top"), (1, "spread"), (10, "spread"), (1000, "top"), (1000, "spread")):
                scenario(cluster, ends, count, where)
            with_writers(cluster, ends)
        finally:
            ends.stop()
            cluster.process.terminate()
            cluster.process.wait()


if __name__ == "__main__":
    main()
