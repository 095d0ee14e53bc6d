# Starts a temporary MariaDB server and removes it once the watched process has ended.
# Arguments: folder, process to watch, folder of MariaDB's programs, "on" or "off" for flushing commits to disk.
set -eu
folder=$1 watched=$2 programs=$3 durable=$4

# MariaDB refuses to run as root.
if [ "$(id -u)" = 0 ]; then
    user=nobody
    if id mysql >/dev/null 2>&1; then user=mysql; fi
    chown "$user" "$folder"
    as="setpriv --reuid=$user --regid=$(id -g "$user") --clear-groups"
else
    as=
fi
flush=1
if [ "$durable" = off ]; then flush=0; fi

server=
clean() {
    if [ -n "$server" ]; then
        kill -KILL "$server" 2>/dev/null || true
        wait "$server" || true
    fi
    rm -rf "$folder" "$folder.lock"
}
trap 'exit 1' INT TERM HUP
trap clean EXIT
cd /

# Separate temporary files: a starting server deletes those of other servers, even if they are in use.
$as mkdir "$folder/temporary"
export TMPDIR="$folder/temporary"

$as mariadb-install-db --no-defaults --datadir="$folder/data" --auth-root-authentication-method=normal --skip-test-db \
    --innodb-log-file-size=16M
# setpriv becomes the server, so that this is the server's own process.
$as "$programs/mariadbd" --no-defaults --datadir="$folder/data" --socket="$folder/socket" --pid-file="$folder/pid" \
    --skip-networking --max-connections=300 --innodb-buffer-pool-size=128M --innodb-log-file-size=16M \
    --innodb-flush-log-at-trx-commit="$flush" &
server=$!

while ! mariadb --no-defaults --socket="$folder/socket" --user=root --execute='SELECT 1' >/dev/null 2>&1; do
    kill -0 "$server"
    sleep 0.05
done
touch "$folder/ready"

while kill -0 "$watched" 2>/dev/null && kill -0 "$server" 2>/dev/null; do
    sleep 0.5
done
