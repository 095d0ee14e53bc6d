# Starts a temporary PostgreSQL server and removes it once the watched process has ended.
# Arguments: folder, process to watch, folder of PostgreSQL's programs, "on" or "off" for flushing commits to disk.
set -eu
folder=$1 watched=$2 programs=$3 durable=$4

# PostgreSQL refuses to run as root.
if [ "$(id -u)" = 0 ]; then
    user=nobody
    if id postgres >/dev/null 2>&1; then user=postgres; fi
    chown "$user" "$folder"
    as="setpriv --reuid=$user --regid=$(id -g "$user") --clear-groups"
else
    as=
fi

server=
clean() {
    if [ -n "$server" ]; then
        kill -QUIT "$server" 2>/dev/null || true
        wait "$server" || true
    fi
    rm -rf "$folder" "$folder.lock"
}
cd /

# A language's collation, so that code that relies on byte order must request it.
$as "$programs/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --no-sync \
    --locale=C.UTF-8 --locale-provider=icu --icu-locale=en
# setpriv becomes the server, so that this is the server's own process.
$as "$programs/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c max_connections=200 \
    -c shared_buffers=256MB -c max_wal_size=4GB \
    -c fsync="$durable" -c synchronous_commit="$durable" -c full_page_writes="$durable" &
server=$!
trap clean EXIT
trap 'exit 1' INT TERM HUP

while ! "$programs/pg_isready" -q -h "$folder"; do
    kill -0 "$server"
    sleep 0.05
done
touch "$folder/ready"

while kill -0 "$watched" 2>/dev/null && kill -0 "$server" 2>/dev/null; do
    sleep 0.5
done
