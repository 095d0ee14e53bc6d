// Baseline for `make bench-ship`, like common shipping functions: fetch the object, gunzip it, read it line by line, match a
// regular expression, write each event with a separate call.
// Arguments: port of the receiver, URLs of objects.

import http from "node:http";
import net from "node:net";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";

const FIELDS = [
  "timestamp", "elb", "client_ip", "client_port", "backend_ip", "backend_port", "request_processing_time",
  "backend_processing_time", "response_processing_time", "elb_status_code", "backend_status_code", "received_bytes",
  "sent_bytes", "request_method", "request_url", "request_protocol", "user_agent", "ssl_cipher", "ssl_protocol",
];
const RECORD = /^(\S+) (\S+) (\S+):(\d+) (?:(\S+):(\d+)|-) (\S+) (\S+) (\S+) (\S+) (\S+) (\d+) (\d+) "(\S+) (\S+) ([^"]*)" "([^"]*)" (\S+) (\S+)$/;

const [port, ...urls] = process.argv.slice(2);
let sent = 0;

for (const url of urls) {
  const socket = net.connect(Number(port), "127.0.0.1");
  await new Promise((resolve) => socket.once("connect", resolve));
  const object = await new Promise((resolve, reject) => http.get(url, resolve).on("error", reject));
  const lines = createInterface({ input: object.pipe(createGunzip()), crlfDelay: Infinity });
  for await (const line of lines) {
    const match = RECORD.exec(line);
    if (!match) continue;
    const event = {};
    FIELDS.forEach((field, index) => {
      if (match[index + 1] !== undefined && match[index + 1] !== "-") event[field] = match[index + 1];
    });
    sent += 1;
    if (!socket.write(JSON.stringify(event) + "\n")) await new Promise((resolve) => socket.once("drain", resolve));
  }
  await new Promise((resolve) => {
    socket.once("close", resolve);
    socket.resume();
    socket.end();
  });
}
console.log(sent);
