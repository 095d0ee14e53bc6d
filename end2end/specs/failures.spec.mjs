// Objects that cannot be copied: named, counted, and alone tried again once the cause is gone.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { assertNoFaults, openBrowser, openPage, screenshot, untilLive } from '../support/browser.mjs';
import { FaultyStore, configurationWith } from '../support/faulty-store.mjs';
import { Logyard } from '../support/logyard.mjs';

let store, logyard, browser;
before(async () => {
  store = await FaultyStore.start();
  [logyard, browser] = await Promise.all([Logyard.start({ config: configurationWith(store) }), openBrowser()]);
  store.target = logyard.demoUrl;
});
after(async () => { await browser?.close(); await logyard?.stop(); await store?.stop(); });

test('only failed objects are listed and retried', async () => {
  const denied = ['recipes-2025-02/recipes-0001.md', 'recipes-2025-02/recipes-0002.md', 'recipes-2025-02/recipes-0003.md'];
  store.denies = (key) => denied.includes(key);
  const { id } = await logyard.clone('demo-assets/recipes-', 'demo-clone/recipes-', { store: 'faulty' });
  const page = await openPage(browser);
  await page.goto(`${logyard.url}/jobs/${id}`);
  await untilLive(page);
  await page.locator('.job-state', { hasText: 'failed' }).waitFor();
  const job = await logyard.ended(id);
  assert.equal(job.progress.failed, 3);
  assert.ok(job.progress.done > 400, 'three failures do not stop the rest');

  const reasons = page.getByRole('table', { name: 'Failures by reason' });
  await reasons.getByText('3', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'List 3 objects' }).click();
  const keys = page.getByRole('table', { name: 'Failed objects, by key' });
  for (const key of denied) await keys.getByText(key).waitFor();
  const lines = await (await fetch(`${logyard.url}/api/v1/jobs/${id}/failures`)).text();
  assert.deepEqual(lines.trim().split('\n').map((line) => JSON.parse(line).key), denied);
  await screenshot(page, 'job-failed');

  store.denies = () => false;
  store.copied = [];
  await page.getByRole('button', { name: /^Retry failed/ }).click();
  await page.locator('.job-state', { hasText: 'proven' }).waitFor();
  assert.deepEqual(store.copied.sort(), denied);
  assert.equal((await logyard.ended(id)).state, 'succeeded');
  assertNoFaults(page);
});
