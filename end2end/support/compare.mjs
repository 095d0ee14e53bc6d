// Another client's word on whether two buckets are equal: boto3, which shares no code with Logyard.

import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PYTHON = process.env.LOGYARD_PYTHON ?? join(homedir(), '.cache/logyard/venv/bin/python');
const SCRIPT = fileURLToPath(new URL('compare.py', import.meta.url));

/** @returns {Promise<{source: number, destination: number, missing: string[], extra: string[], different: string[], described_otherwise: string[]}>} */
export async function compare(endpoint, source, destination) {
  const run = promisify(execFile)(PYTHON, [SCRIPT, endpoint, source, destination], { maxBuffer: 64 << 20, timeout: 300_000 });
  return JSON.parse((await run).stdout);
}
