// Is everything arriving? The first page answers, one window moves every page, and an alert is found, told and dealt with.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { after, before, test } from 'node:test';

import { assertNoFaults, openBrowser, openPage, screenshot, untilLive } from '../support/browser.mjs';
import { eventually } from '../support/eventually.mjs';
import { Logyard } from '../support/logyard.mjs';

/** What the receiver of alerts was told. */
const told = [];
let logyard, browser, receiver;
before(async () => {
  receiver = createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => { told.push(Buffer.concat(parts).toString()); response.end(); });
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const url = `http://127.0.0.1:${receiver.address().port}/hook`;
  const config = `[[webhooks]]\nname = "ops"\nurl = "${url}"\nformat = "json"\nallow_private = true\n`;
  [logyard, browser] = await Promise.all([Logyard.start({ config }), openBrowser()]);
  await logyard.firstRun();
});
after(async () => { await browser?.close(); await logyard?.stop(); receiver?.close(); });

test('window of the overview is kept on every page', async () => {
  const page = await openPage(browser);
  await page.goto(logyard.url);
  await untilLive(page);
  await page.getByRole('heading', { name: 'Is everything arriving?' }).waitFor();
  await page.locator('.tiles').getByRole('link', { name: 'demo-elb' }).waitFor();
  await screenshot(page, 'overview-tiles');
  await page.locator('#scope summary').click();
  await page.getByRole('link', { name: 'last hour' }).click();
  await page.waitForURL(/from=-1h/);
  const main = page.getByRole('navigation', { name: 'Main' });
  for (const name of ['Runs', 'Pipelines', 'Alerts', 'Jobs', 'Overview']) {
    await main.getByRole('link', { name, exact: true }).click();
    await page.waitForURL((url) => url.searchParams.get('from') === '-1h');
    await untilLive(page);
  }
  await page.keyboard.press('g');
  await page.keyboard.press('a');
  await page.waitForURL(/\/alerts\?from=-1h$/);
  assertNoFaults(page);
});

test('time zone is kept and applies to typed times', async () => {
  const page = await openPage(browser);
  await page.goto(`${logyard.url}/runs`);
  await untilLive(page);
  await page.getByRole('button', { name: /^Times in/ }).click();
  await page.waitForURL(/zone=%2B1[23]%3A00/);
  await page.locator('#scope[data-zone="+13:00"], #scope[data-zone="+12:00"]').waitFor();
  await page.locator('#scope summary').click();
  await page.getByLabel(/^From, UTC\+1[23]:00/).fill('2026-03-09T14:00:05');
  await page.locator('#scope').getByRole('button', { name: 'Show' }).click();
  await page.waitForURL(/from=2026-03-09/);
  assert.equal(await page.getByLabel(/^From, /).inputValue(), '2026-03-09T14:00:05');
  assertNoFaults(page);
});

test('dragging over a chart narrows the window', async () => {
  const page = await openPage(browser);
  await page.goto(`${logyard.url}/runs?from=-1h`);
  await untilLive(page);
  const stretches = page.locator('[data-brush] > li');
  await stretches.first().scrollIntoViewIfNeeded();
  // In one look: a live page may replace stretches between two.
  const [first, last] = await stretches.evaluateAll((all) => [all[4], all[9]].map((stretch) => stretch.getBoundingClientRect()));
  const middle = (box) => [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(...middle(last));
  await page.mouse.down();
  // The page goes on living beneath: stretches that end at another moment are other elements.
  await stretches.evaluateAll((all) => all.forEach((stretch) => stretch.replaceWith(stretch.cloneNode(true))));
  await page.mouse.move(...middle(first), { steps: 5 });
  await page.mouse.up();
  await page.waitForURL(/from=20\d\d.*to=20\d\d/);
  const drawn = new URL(page.url()).searchParams;
  const minutes = (Date.parse(drawn.get('to')) - Date.parse(drawn.get('from'))) / 60_000;
  assert.ok(minutes > 10 && minutes < 25, `six of 24 stretches of an hour: ${minutes} min`);

  await untilLive(page);
  await page.goto(`${logyard.url}/runs?from=-1h`);
  await untilLive(page);
  await page.locator('[data-brush] a').nth(3).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/from=20\d\d.*to=20\d\d/);
  assertNoFaults(page);
});

test('pipeline page shows canary results by size', async () => {
  const sent = async () => (await logyard.api('/pipelines/demo-elb/canary')).sizes.every((size) => size.sent > 0);
  await eventually('an event of each size was sent', sent);
  const page = await openPage(browser, { javaScriptEnabled: false });
  await page.goto(`${logyard.url}/pipelines/demo-elb`);
  await page.getByRole('heading', { name: 'Canary of sink demo' }).scrollIntoViewIfNeeded();
  const rows = page.getByRole('table', { name: 'Canary events in the window, by size' }).locator('tbody tr');
  assert.deepEqual(await rows.locator('th').allTextContents(), ['100 B', '10 kB', '1.0 MB']);
  for (const row of await rows.all()) assert.match(await row.textContent(), /sent .*after \d/);
  await screenshot(page, 'pipeline-canary');
});

test('receiver is tested without JavaScript', async () => {
  const page = await openPage(browser, { javaScriptEnabled: false });
  await page.goto(`${logyard.url}/alerts`);
  await page.getByRole('button', { name: 'Send a test to ops' }).click();
  await page.getByText('The test was delivered to ops').waitFor();
  await eventually('the receiver was told', () => told.length > 0);
  assert.match(told[0], /test/);
  await page.getByRole('table', { name: 'Notification attempts, newest first' }).waitFor();
  await screenshot(page, 'alerts');
});
