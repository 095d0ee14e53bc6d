// A clone by the form: checked while it is typed, previewed, and done as the button says.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { assertNoFaults, openBrowser, openPage, screenshot, untilLive } from '../support/browser.mjs';
import { Logyard } from '../support/logyard.mjs';

let logyard, browser;
before(async () => { [logyard, browser] = await Promise.all([Logyard.start(), openBrowser()]); });
after(async () => { await browser?.close(); await logyard?.stop(); });

async function openForm(query = '') {
  const page = await openPage(browser);
  await page.goto(`${logyard.url}/clones/new${query}`);
  await untilLive(page);
  return page;
}

const source = (page, name) => page.getByRole('group', { name: 'Source' }).getByLabel(name);
const destination = (page, name) => page.getByRole('group', { name: 'Destination' }).getByLabel(name);

test('clone does what its button says', async () => {
  const page = await openForm();
  await source(page, 'Bucket').fill('demo-assets');
  await source(page, 'Prefix').fill('maps-2025-03/');
  await destination(page, 'Bucket').fill('demo-clone');
  await destination(page, 'Prefix').fill('copied/');
  const button = page.getByRole('button', { name: /^Copy \d+ objects/ });
  await button.waitFor();
  const promised = Number(/Copy (\d+)/.exec(await button.textContent())[1]);
  assert.ok(promised > 30);
  await page.getByRole('heading', { name: 'Preview' }).waitFor();
  const command = await page.locator('.copyable', { hasText: 'Command line' }).locator('pre').textContent();
  assert.match(command, /^logyard clone s3:\/\/demo-assets\/maps-2025-03\/ s3:\/\/demo-clone\/copied\/ --endpoint-url http/);
  await screenshot(page, 'new-clone');

  await button.click();
  await page.waitForURL(/\/jobs\//);
  await page.locator('.job-state', { hasText: 'proven' }).waitFor();
  await page.getByText(`Equal: ${promised} objects`).waitFor();
  assertNoFaults(page);
});

test('fault appears at its field and goes when corrected', async () => {
  const page = await openForm();
  await source(page, 'Bucket').fill('no-such-bucket');
  await destination(page, 'Bucket').fill('demo-clone');
  const fault = page.locator('#source-bucket-fault');
  await fault.getByText('no-such-bucket').waitFor();
  await source(page, 'Bucket').fill('demo-assets');
  await fault.getByText('✖').waitFor({ state: 'detached' });

  await destination(page, 'Bucket').fill('demo-assets');
  await page.locator('.field-fault, .fault').getByText('✖').first().waitFor();
  assertNoFaults(page);
});

test('dry run and comparison write nothing', async () => {
  const page = await openForm('?source_bucket=demo-assets&source_prefix=icons-2025-01%2F&destination_bucket=demo-clone&destination_prefix=dry%2F');
  await page.getByLabel('Dry run').check();
  await page.getByRole('button', { name: /^Start dry run/ }).click();
  await page.waitForURL(/\/jobs\//);
  await page.getByText('nothing was written').waitFor();

  await page.getByRole('link', { name: 'Edit and run again' }).click();
  await page.getByLabel('Compare only').check();
  await page.getByLabel('Dry run').uncheck();
  await page.getByRole('button', { name: /^Compare/ }).click();
  await page.waitForURL(/\/jobs\//);
  await page.getByText(/Not equal: \d+ missing/).waitFor();
  const { objects, to_skip: there } = await logyard.api('/clones/preview', {
    source: { bucket: 'demo-assets', prefix: 'icons-2025-01/' }, destination: { bucket: 'demo-clone', prefix: 'dry/' },
  });
  assert.ok(objects > 0);
  assert.equal(there, 0);
  assertNoFaults(page);
});
