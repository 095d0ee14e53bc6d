// The demo keeps two tables in sync while a writer changes them; the pages show their state and take actions.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { assertNoFaults, openBrowser, openPage, screenshot, untilLive } from '../support/browser.mjs';
import { eventually } from '../support/eventually.mjs';
import { Logyard } from '../support/logyard.mjs';

let logyard, browser;
before(async () => {
  [logyard, browser] = await Promise.all([Logyard.start(), openBrowser()]);
  await eventually('both tables have been in sync', async () => {
    const { items } = await logyard.api('/syncs');
    return ['orders', 'customers'].every((name) => items.some(({ table, verified }) => table === name && verified));
  }, 60_000);
});
after(async () => { await browser?.close(); await logyard?.stop(); });

/** A verification that was asked for and kept, if there is one. */
async function verified(table) {
  return (await logyard.api(`/syncs/${table}/evaluations`)).items.find(({ verify }) => verify);
}

test('overview leads to syncs and to a table', async () => {
  const page = await openPage(browser);
  await page.goto(logyard.url);
  await untilLive(page);
  await page.getByRole('heading', { name: 'Are all tables in sync?' }).waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('y');
  await page.waitForURL(/\/syncs$/);
  await untilLive(page);
  const tables = page.getByRole('table', { name: /^Tables and their remote copies/ });
  for (const name of ['orders', 'customers']) {
    await tables.getByRole('row').filter({ hasText: name }).getByText(/^\s*✔ in sync/).waitFor();
  }
  await screenshot(page, 'syncs');
  await tables.getByRole('link', { name: 'orders', exact: true }).click();
  await page.waitForURL(/\/syncs\/orders$/);
  await page.getByRole('heading', { level: 1, name: 'orders' }).waitFor();
  assertNoFaults(page);
});

test('requested verification appears in the history', async () => {
  const page = await openPage(browser);
  await page.goto(`${logyard.url}/syncs/orders`);
  await untilLive(page);
  await page.getByRole('button', { name: 'Verify now orders' }).click();
  await page.waitForURL(/did=verify/);
  await page.getByText('Requested: both endpoints are compared and nothing is changed.').waitFor();
  const history = page.getByRole('table', { name: 'Evaluations of the table, newest first' });
  // The page is not loaded again: it follows the table by itself.
  const row = history.getByRole('row').filter({ hasText: 'verify, nothing changed' }).first();
  await row.waitFor();
  await row.locator('summary').click();
  await row.getByText(/request.*sent.*received/).waitFor();
  const { uploaded, deleted } = await verified('orders');
  assert.deepEqual([uploaded, deleted], [0, 0], 'it changed nothing');
  await screenshot(page, 'sync-verified');
  assertNoFaults(page);
});

test('charts of a table have spoken labels', async () => {
  const page = await openPage(browser);
  await page.goto(`${logyard.url}/syncs/orders`);
  await untilLive(page);
  await page.getByRole('img', { name: /^Key space, versions .* range/ }).waitFor();
  await page.getByRole('img', { name: /^Differences found per request, from / }).waitFor();
  await page.getByText(/\d+ differences? found in the last active minute|0 found in /).waitFor();
  await page.getByRole('table', { name: 'Resource usage, total and per minute' }).waitFor();
  assertNoFaults(page);
});

test('table is paused and resumed without JavaScript', async () => {
  const page = await openPage(browser, { javaScriptEnabled: false });
  await page.goto(`${logyard.url}/syncs/customers`);
  await page.getByRole('button', { name: 'Pause customers' }).click();
  await page.getByText('Paused. Nothing is checked or changed until the sync is resumed.').waitFor();
  await page.locator('.job-state').getByText('paused').first().waitFor();
  await page.goto(`${logyard.url}/syncs`);
  await page.locator('.answer').getByText(/1 paused/).waitFor();
  await page.goto(`${logyard.url}/syncs/customers`);
  await page.getByRole('button', { name: 'Resume customers' }).click();
  await page.getByText('Resumed. The table is evaluated').waitFor();
  await eventually('it is not paused any more', async () => !(await logyard.api('/syncs/customers')).sync.paused);
});

test('table of an agent has no actions', async () => {
  const report = { local_count: 1_000_012, remote_count: 1_000_000, local_version: 2_000, remote_version: 1_988, behind: 12 };
  await logyard.api('/syncs/warehouse/progress', report);
  const page = await openPage(browser);
  await page.goto(`${logyard.url}/syncs`);
  await untilLive(page);
  await page.getByRole('link', { name: 'warehouse' }).click();
  await page.waitForURL(/\/syncs\/warehouse$/);
  await page.getByText('sync, reported by an agent').waitFor();
  assert.equal(await page.locator('main form').count(), 0);
  assertNoFaults(page);
});
