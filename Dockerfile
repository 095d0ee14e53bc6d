# Logyard in a container: the one binary on Debian slim, as a user without rights.
#
#   docker build -t logyard .
#   docker run -p 3000:3000 -v logyard:/data -v ./logyard.toml:/etc/logyard/logyard.toml:ro logyard
#
# A container is reached from outside its own loopback, and Logyard listens there only with a password: the mounted
# configuration needs [auth] (`docker run -i logyard hash-password` makes the hash), or the start is refused. AWS
# credentials come by the SDK's chain: a role of the task or instance, or -e AWS_ACCESS_KEY_ID=… and so on.

FROM rust:1-slim-trixie AS build
RUN apt-get update && apt-get install -y --no-install-recommends make && rm -rf /var/lib/apt/lists/*
WORKDIR /logyard
COPY . .
ENV CARGO_TARGET_DIR=/build
RUN make build

FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home logyard \
    && install -d -o logyard -m 700 /data \
    && install -D /dev/null /etc/logyard/logyard.toml
COPY --from=build /build/release/logyard /usr/local/bin/logyard
USER logyard
WORKDIR /data
VOLUME /data
ENV LOGYARD_SERVER_ADDR=0.0.0.0:3000 LOGYARD_SERVER_DATA_DIR=/data
EXPOSE 3000
STOPSIGNAL SIGTERM
# Asks as any client would; the image has no curl, so bash speaks HTTP.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["bash", "-c", \
    "exec 3<>/dev/tcp/127.0.0.1/3000 && printf 'GET /readyz HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && grep -q ' 200 ' <&3"]
ENTRYPOINT ["logyard", "--config", "/etc/logyard/logyard.toml"]
CMD ["serve"]
