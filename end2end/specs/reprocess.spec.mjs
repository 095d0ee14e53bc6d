// Load-balancer logs: shipped as they appear, looked at run by run, and sent again from a window.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { assertNoFaults, openBrowser, openPage, screenshot, untilLive } from '../support/browser.mjs';
import { Logyard } from '../support/logyard.mjs';

let logyard, browser;
before(async () => { [logyard, browser] = await Promise.all([Logyard.start(), openBrowser()]); });
after(async () => { await browser?.close(); await logyard?.stop(); });

test('runs appear on the pipeline page without reload', async () => {
  const page = await openPage(browser);
  await page.goto(`${logyard.url}/`);
  await untilLive(page);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Pipelines' }).click();
  await page.getByRole('link', { name: 'demo-elb' }).click();
  await page.waitForURL(/\/pipelines\/demo-elb/);
  const rows = page.getByRole('table', { name: 'Recent runs of the pipeline, newest first' }).locator('tbody tr');
  await rows.nth(1).waitFor({ timeout: 60_000 });
  await page.getByText('age of the oldest unshipped object').waitFor();
  await screenshot(page, 'pipeline');
  await rows.first().getByRole('link').first().click();
  await page.waitForURL(/\/runs\//);
  await page.getByRole('heading', { name: 'Figures' }).waitFor();
  await page.getByText('(does not acknowledge').waitFor();
  assertNoFaults(page);
});

/** Three classic log objects of an afternoon long ago, two lines each. */
async function deliver() {
  for (const minute of ['05', '10', '15']) {
    const day = 'AWSLogs/123456789012/elasticloadbalancing/ap-southeast-2/2026/03/09';
    const key = `${day}/123456789012_elasticloadbalancing_ap-southeast-2_shop-classic_20260309T14${minute}Z_203.0.113.7_0000${minute}.log`;
    const line = (second) => `2026-03-09T14:01:${second}.000001Z shop-classic 198.51.100.4:2817 10.0.0.2:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://shop.example.com:80/ HTTP/1.1" "curl/8.14.1" - -\n`;
    const put = await fetch(`${logyard.demoUrl}/demo-elb-logs/${key}`, { method: 'PUT', body: line('10') + line('20') });
    assert.equal(put.status, 200);
  }
}

test('window is previewed, sent and fully accounted for', async () => {
  await logyard.firstRun();
  await deliver();
  const page = await openPage(browser);
  await page.goto(`${logyard.url}/reprocesses/new`);
  await untilLive(page);
  await page.locator('#from').fill('2026-03-09T14:00');
  await page.locator('#to').fill('2026-03-09T15:00');
  const send = page.getByRole('button', { name: /^Send 3 objects, / });
  await send.waitFor();
  await page.getByRole('heading', { name: 'Preview' }).waitFor();
  assert.equal(await page.getByRole('table', { name: 'Objects in the window, by key' }).locator('tbody tr').count(), 3);
  await screenshot(page, 'new-reprocess');
  await send.click();
  await page.waitForURL(/\/jobs\//);
  await page.locator('.job-state', { hasText: /delivered|sent/ }).waitFor({ timeout: 60_000 });
  await page.getByText('All of 6 records accounted for').waitFor();
  assert.equal(await page.getByRole('table', { name: 'Runs of this job, newest first' }).locator('tbody tr').count(), 3);
  await screenshot(page, 'reprocess');

  await page.getByRole('link', { name: 'Edit and run again' }).click();
  await page.getByRole('button', { name: 'Nothing to send' }).waitFor();
  assertNoFaults(page);
});

test('object is reprocessed from its run without JavaScript', async () => {
  const run = await logyard.firstRun();
  const page = await openPage(browser, { javaScriptEnabled: false });
  await page.goto(`${logyard.url}/runs/${run.id}`);
  await page.getByRole('link', { name: 'Reprocess this object' }).click();
  await page.getByRole('button', { name: 'Preview' }).click();
  await page.getByRole('button', { name: /^Send 1 object, / }).click();
  await page.waitForURL(/\/jobs\//);
  const job = await logyard.ended(page.url().split('/').pop());
  assert.equal(job.progress.found, 1);
  await page.goto(`${logyard.url}/runs?job=${job.id}`);
  assert.equal(await page.getByRole('table', { name: 'Runs, newest first' }).locator('tbody tr').count(), 1);
});
