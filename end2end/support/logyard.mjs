// The real binary, each test with its own: a fresh data directory, ports chosen by the system, ended by its process id.
//
// LOGYARD names the binary; `make end2end` sets it.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { eventually } from './eventually.mjs';

const BINARY = process.env.LOGYARD;

/** What any S3 client uses towards the embedded store. Not the store's known pair, which it would hold to its signature. */
export const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'end2end', AWS_SECRET_ACCESS_KEY: 'end2end', AWS_REGION: 'us-east-1' };

/** What the configuration keeps of a password. */
export function passwordHash(password) {
  return /\$argon2\S+/.exec(spawnSync(BINARY, ['hash-password'], { input: password, encoding: 'utf8' }).stdout)[0];
}

export class Logyard {
  /** `http://127.0.0.1:PORT` of the pages. */
  url = '';
  /** `http://127.0.0.1:PORT` of the embedded store. */
  demoUrl = '';
  #process;
  #said = '';

  constructor(folder, settings) {
    this.folder = folder;
    this.settings = settings;
  }

  /**
   * @param {{config?: string, environment?: Record<string, string>}} [settings] TOML, and LOGYARD_… variables over it.
   */
  static async start({ config = '', environment = {} } = {}) {
    if (!BINARY) throw new Error('LOGYARD must name the binary to test; use `make end2end`');
    const folder = await mkdtemp(join(tmpdir(), 'logyard-end2end-'));
    await writeFile(join(folder, 'logyard.toml'), config);
    const logyard = new Logyard(folder, environment);
    await logyard.#start({ LOGYARD_SERVER_ADDR: '127.0.0.1:0', LOGYARD_DEMO_ADDR: '127.0.0.1:0' });
    return logyard;
  }

  /** Again on the same folder and addresses, as after a crash. */
  async restart() {
    const port = (url) => new URL(url).host;
    await this.#start({ LOGYARD_SERVER_ADDR: port(this.url), LOGYARD_DEMO_ADDR: port(this.demoUrl) });
  }

  async #start(addresses) {
    const environment = {
      PATH: process.env.PATH, HOME: this.folder, ...CREDENTIALS, LOGYARD_SERVER_DATA_DIR: join(this.folder, 'data'), ...addresses, ...this.settings,
    };
    this.#said = '';
    this.#process = spawn(BINARY, [], { cwd: this.folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.on('data', (text) => { this.#said = (this.#said + text).slice(-100_000); });
    }
    this.url = await this.#address(/Logyard is at (http:\/\/[\d.:]+)/);
    this.demoUrl = await this.#address(/real S3 at (http:\/\/[\d.:]+)/);
  }

  async #address(pattern) {
    return eventually(`the server says ${pattern}`, () => {
      if (this.#process.exitCode !== null) throw new Error(`logyard ended with ${this.#process.exitCode}:\n${this.#said}`);
      return pattern.exec(this.#said)?.[1];
    }, 60_000);
  }

  /** The whole machine stands still for it, such as when a laptop sleeps. */
  freeze() { this.#process.kill('SIGSTOP'); }
  thaw() { this.#process.kill('SIGCONT'); }

  async kill(signal = 'SIGKILL') {
    if (!this.#process || this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGCONT');
    this.#process.kill(signal);
    await ended;
  }

  async stop() {
    await this.kill('SIGTERM');
    await rm(this.folder, { recursive: true, force: true });
  }

  /** The API's answer as JSON; anything but success is an error with its detail. */
  async api(path, body) {
    const request = body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(`${this.url}/api/v1${path}`, request);
    const answer = await response.json();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${answer.detail}`);
    return answer;
  }

  /** A clone between two places written as `bucket` or `bucket/prefix`, of one store. */
  async clone(source, destination, { store = 'demo', ...more } = {}) {
    const place = (text) => {
      const [bucket, ...prefix] = text.split('/');
      return { store, bucket, prefix: prefix.join('/') };
    };
    return this.api('/clones', { source: place(source), destination: place(destination), ...more });
  }

  /** The first run of the demo's pipeline, once there is one. */
  async firstRun() {
    return eventually('the demo ships a log object', async () => (await this.api('/runs?pipeline=demo-elb')).items[0], 60_000);
  }

  async ended(id) {
    return eventually(`job ${id} ends`, async () => {
      const job = await this.api(`/jobs/${id}`);
      return ['succeeded', 'failed', 'cancelled'].includes(job.state) ? job : undefined;
    }, 120_000);
  }
}
