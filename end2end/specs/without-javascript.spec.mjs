// Everything but the liveness works without JavaScript: lists, details, the form with its preview, and cancel.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openBrowser, openPage } from '../support/browser.mjs';
import { eventually } from '../support/eventually.mjs';
import { FaultyStore, configurationWith } from '../support/faulty-store.mjs';
import { Logyard } from '../support/logyard.mjs';

let store, logyard, browser, page;
before(async () => {
  store = await FaultyStore.start();
  [logyard, browser] = await Promise.all([
    Logyard.start({ config: configurationWith(store), environment: { LOGYARD_RUNNER_CONCURRENCY: '4' } }),
    openBrowser(),
  ]);
  store.target = logyard.demoUrl;
  page = await openPage(browser, { javaScriptEnabled: false });
});
after(async () => { await browser?.close(); await logyard?.stop(); await store?.stop(); });

test('clone is previewed, started and listed', async () => {
  await page.goto(logyard.url);
  await page.getByText('live updates need JavaScript').waitFor();
  await page.getByRole('link', { name: 'New clone' }).first().click();
  await page.getByLabel('Store').first().selectOption('demo');
  await page.getByLabel('Store').last().selectOption('demo');
  await page.locator('#source-bucket').fill('demo-assets');
  await page.locator('#source-prefix').fill('fonts-2025-05/');
  await page.locator('#destination-bucket').fill('demo-clone');
  await page.getByRole('button', { name: 'Preview' }).click();
  const button = page.getByRole('button', { name: /^Copy \d+ objects/ });
  await button.waitFor();
  await button.click();
  await page.waitForURL(/\/jobs\/[0-9a-f-]{36}/);
  const id = /jobs\/([0-9a-f-]{36})/.exec(page.url())[1];
  await logyard.ended(id);
  await page.reload();
  await page.locator('.job-state', { hasText: 'proven' }).waitFor();
  await page.getByText(/Equal: \d+ objects/).waitFor();

  await page.getByRole('link', { name: 'Jobs', exact: true }).click();
  await page.getByLabel('Text').fill('fonts-2025-05');
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await page.waitForURL(/text=fonts/);
  assert.equal(await page.getByRole('table', { name: 'Jobs, newest first' }).locator('tbody tr').count(), 1);
});

test('form with a fault keeps typed values', async () => {
  await page.goto(`${logyard.url}/clones/new`);
  await page.getByLabel('Store').first().selectOption('demo');
  await page.locator('#source-bucket').fill('no-such-bucket');
  await page.locator('#destination-bucket').fill('demo-clone');
  await page.getByRole('button', { name: /^Copy/ }).click();
  await page.getByText('no-such-bucket').first().waitFor();
  assert.equal(await page.locator('#source-bucket').inputValue(), 'no-such-bucket');
  assert.equal(await page.locator('#destination-bucket').inputValue(), 'demo-clone');
});

test('job is cancelled', async () => {
  store.delay = 40;
  const { id } = await logyard.clone('demo-assets/', 'demo-clone/all/', { store: 'faulty' });
  await page.goto(`${logyard.url}/jobs/${id}`);
  await page.getByRole('link', { name: /^Cancel/ }).click();
  await page.getByRole('button', { name: 'Cancel the job' }).click();
  await page.waitForURL(new RegExp(`/jobs/${id}`));
  await eventually('the page says that it is cancelled', async () => {
    await page.reload();
    return page.locator('.job-state', { hasText: 'cancelled' }).isVisible();
  });
});
