// A lost connection is shown, freezes the numbers, and is restored automatically.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openBrowser, openPage, untilLive } from '../support/browser.mjs';
import { Logyard } from '../support/logyard.mjs';

let logyard, browser;
before(async () => { [logyard, browser] = await Promise.all([Logyard.start(), openBrowser()]); });
after(async () => { await browser?.close(); await logyard?.stop(); });

const lost = (page) => page.getByText(/connection lost since .* numbers frozen/);

test('lost connection is shown and restored', async () => {
  const page = await openPage(browser);
  await page.goto(logyard.url);
  await untilLive(page);
  logyard.freeze();
  try {
    await lost(page).waitFor();
    await page.getByRole('status').filter({ hasText: 'Connection lost' }).waitFor({ state: 'attached' });
  } finally {
    logyard.thaw();
  }
  await untilLive(page);
});

test('open page follows a job across a server crash', async () => {
  const { id } = await logyard.clone('demo-assets/', 'demo-clone/');
  const page = await openPage(browser);
  await page.goto(`${logyard.url}/jobs/${id}`);
  await untilLive(page);
  await logyard.kill();
  await lost(page).waitFor();
  await logyard.restart();
  await untilLive(page);
  await page.locator('.job-state', { hasText: 'proven' }).waitFor({ timeout: 60_000 });
  const job = await logyard.ended(id);
  assert.equal(job.state, 'succeeded');
  assert.equal(job.proof.equal_by_etag + job.proof.equal_by_digest, 7500);
});
