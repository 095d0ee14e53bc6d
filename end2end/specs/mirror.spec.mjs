// A mirror in the browser: it shows what is lost, takes the destination's name for it, and notices what changed since.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { AxeBuilder } from '@axe-core/playwright';

import { NARROW, assertNoFaults, openBrowser, openPage, screenshot, untilLive } from '../support/browser.mjs';
import { Logyard } from '../support/logyard.mjs';

let logyard, browser;
before(async () => { [logyard, browser] = await Promise.all([Logyard.start(), openBrowser()]); });
after(async () => { await browser?.close(); await logyard?.stop(); });

const SOURCE = 'maps-2025-03/';

/** Copies another folder to a prefix of the destination, so that a mirror of SOURCE has something to delete there. */
async function extras(prefix) {
  const { id } = await logyard.clone('demo-assets/fonts-2025-05/', `demo-clone/${prefix}`);
  const job = await logyard.ended(id);
  assert.equal(job.state, 'succeeded');
  return job.progress.found;
}

async function preview(prefix) {
  return logyard.api('/clones/preview', {
    source: { bucket: 'demo-assets', prefix: SOURCE }, destination: { bucket: 'demo-clone', prefix }, mode: 'mirror',
  });
}

function form(prefix, mode = 'mirror') {
  const query = new URLSearchParams({ source_bucket: 'demo-assets', source_prefix: SOURCE, destination_bucket: 'demo-clone', destination_prefix: prefix, mode });
  return `${logyard.url}/clones/new?${query}`;
}

test('mirror shows deletions and needs the typed name', async () => {
  const lost = await extras('shown/');
  const page = await openPage(browser);
  await page.goto(form('shown/', 'copy'));
  await untilLive(page);
  await page.getByLabel('Mirror: copy, then delete').check();
  await page.getByRole('button', { name: 'Preview deletions' }).click();
  await page.waitForURL(/\/clones\/mirror/);
  await page.getByRole('heading', { name: `${lost} objects` }).waitFor();
  const { violations } = await new AxeBuilder({ page }).analyze();
  assert.deepEqual(violations.map(({ id }) => id), []);
  await screenshot(page, 'mirror');

  const button = page.getByRole('button', { name: new RegExp(`^Delete ${lost} objects, copy \\d+`) });
  await page.getByLabel('Type s3://demo-clone/shown/ to confirm').fill('s3://demo-clone');
  await button.click();
  await page.getByText('The name does not match the destination exactly.').waitFor();
  assert.equal((await preview('shown/')).to_delete, lost);

  await page.getByLabel('Type s3://demo-clone/shown/ to confirm').fill('s3://demo-clone/shown/');
  await button.click();
  await page.waitForURL(/\/jobs\//);
  await page.locator('.job-state', { hasText: 'proven' }).waitFor();
  await page.getByText(`to delete ${lost} objects`).waitFor();
  const { to_delete: left, to_copy: missing } = await preview('shown/');
  assert.deepEqual({ left, missing }, { left: 0, missing: 0 });
  assertNoFaults(page);
});

test('outdated plan returns with its changes without JavaScript', async () => {
  const lost = await extras('changed/');
  const page = await openPage(browser, { javaScriptEnabled: false, viewport: NARROW });
  await page.goto(form('changed/'));
  await page.getByRole('button', { name: 'Preview deletions' }).click();
  await page.getByRole('heading', { name: `${lost} objects` }).waitFor();
  const width = await page.evaluate(() => document.documentElement.scrollWidth).catch(() => NARROW.width);
  assert.ok(width <= NARROW.width, `${width} px wide`);

  await logyard.ended((await logyard.clone('demo-assets/icons-2025-01/', 'demo-clone/changed/more/')).id);
  await page.getByLabel(/^Type s3:/).fill('s3://demo-clone/changed/');
  await page.getByRole('button', { name: /^Delete/ }).click();
  await page.getByText('The plan has changed since the preview').waitFor();
  await page.getByText(new RegExp(`to delete ${lost} → \\d+`)).waitFor();

  await page.getByLabel(/^Type s3:/).fill('s3://demo-clone/changed/');
  await page.getByRole('button', { name: /^Delete/ }).click();
  await page.waitForURL(/\/jobs\/[0-9a-f-]{36}/);
  const job = await logyard.ended(/jobs\/([0-9a-f-]{36})/.exec(page.url())[1]);
  assert.equal(job.state, 'succeeded');
  assert.ok(job.progress.deleted > lost);
});
