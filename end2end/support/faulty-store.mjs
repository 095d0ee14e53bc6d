// A proxy before the embedded store that refuses copies of chosen keys or holds copies back. A fake for exactly what no
// real store does on request: everything else passes through to the real one.

import http from 'node:http';

export class FaultyStore {
  /** Where requests go: the embedded store's URL. */
  target = '';
  /** @type {(key: string) => boolean} whether a copy to this key is denied */
  denies = () => false;
  /** Milliseconds each copy waits. */
  delay = 0;
  /** Keys of copies that reached the store, in order. */
  copied = [];
  #server;

  static async start() {
    const store = new FaultyStore();
    store.#server = http.createServer((request, response) => store.#pass(request, response));
    await new Promise((resolve) => store.#server.listen(0, '127.0.0.1', resolve));
    store.url = `http://127.0.0.1:${store.#server.address().port}`;
    return store;
  }

  async stop() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #pass(request, response) {
    const copies = request.method === 'PUT' && request.headers['x-amz-copy-source'] !== undefined;
    const key = decodeURIComponent(new URL(request.url, this.target).pathname.split('/').slice(2).join('/'));
    if (copies && this.denies(key)) {
      request.resume();
      response.writeHead(403, { 'content-type': 'application/xml' });
      response.end('<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>');
      return;
    }
    if (copies) {
      if (this.delay > 0) await new Promise((resolve) => setTimeout(resolve, this.delay));
      this.copied.push(key);
    }
    const { hostname, port } = new URL(this.target);
    const headers = { ...request.headers, host: `${hostname}:${port}` };
    const onward = http.request({ hostname, port, path: request.url, method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  }
}

/** The configuration of a server whose store `faulty` is the proxy, beside the embedded `demo`. */
export function configurationWith(store) {
  return `[demo]\nenabled = true\n\n[[stores]]\nname = "faulty"\nendpoint_url = "${store.url}"\nregion = "us-east-1"\npath_style = true\n`;
}
