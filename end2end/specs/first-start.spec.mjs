// What a stranger does first: open the page, click the one button, watch it, and ask another client whether it is true.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { assertNoFaults, openBrowser, openPage, screenshot, untilLive } from '../support/browser.mjs';
import { compare } from '../support/compare.mjs';
import { eventually } from '../support/eventually.mjs';
import { Logyard } from '../support/logyard.mjs';

let logyard, browser;
// A ceiling, so that there is something to watch.
before(async () => {
  [logyard, browser] = await Promise.all([Logyard.start({ environment: { LOGYARD_RUNNER_MAX_REQUESTS_PER_SECOND: '1500' } }), openBrowser()]);
});
after(async () => { await browser?.close(); await logyard?.stop(); });

test('first click clones the demo bucket, verified by boto3', async () => {
  const page = await openPage(browser);
  await page.goto(logyard.url);
  await untilLive(page);
  assert.match(await page.title(), /Logyard/);
  await page.getByRole('heading', { name: 'No clones yet' }).waitFor();
  await screenshot(page, 'first-start');

  await page.getByRole('button', { name: 'Copy demo-assets to demo-clone' }).click();
  await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/);
  const id = page.url().split('/').pop();
  // A page that was loaded anew would have lost this.
  await page.evaluate(() => { window.loadedOnce = true; });
  await page.getByRole('heading', { level: 1, name: 'demo-assets → demo-clone' }).waitFor();

  const copied = new Set();
  const titles = new Set();
  const limits = new Set();
  await eventually('the page says that it is proven', async () => {
    const [number, title, state, limit] = await page.evaluate(() => {
      const names = [...document.querySelectorAll('.figure-grid dt')];
      const figure = names.find((name) => name.textContent === 'Copied')?.nextElementSibling;
      return [figure?.firstChild?.textContent, document.title, document.querySelector('.job-state')?.textContent, document.querySelector('.limit')?.textContent];
    });
    limits.add(limit);
    copied.add(number);
    titles.add(title);
    return state?.includes('proven');
  }, 120_000);
  assert.ok(copied.size > 2, `figures moved while it ran: ${[...copied]}`);
  assert.ok([...titles].some((title) => /\d %/.test(title)), `the title told how far it was: ${[...titles]}`);
  assert.ok([...limits].some((limit) => /configured ceiling/.test(limit)), `what limited it was told: ${[...limits]}`);
  assert.match(await page.locator('.key-space svg').getAttribute('aria-label'), /^\d+ ranges: \d+ done$/);
  assert.equal(await page.evaluate(() => window.loadedOnce), true);
  await page.getByText('Equal: 7,500 objects at the source').waitFor();
  await page.locator('.events').getByText('succeeded', { exact: false }).waitFor();
  await screenshot(page, 'job-proven');

  const job = await logyard.ended(id);
  assert.equal(job.state, 'succeeded');
  assert.equal(job.progress.done, 7500);
  assert.equal(job.proof.equal, true);
  assert.deepEqual(await compare(logyard.demoUrl, 'demo-assets', 'demo-clone'), {
    source: 7500, destination: 7500, missing: [], extra: [], different: [], described_otherwise: [],
  });

  await page.getByRole('link', { name: 'Overview' }).click();
  await page.getByRole('table', { name: 'Jobs that ended recently' }).getByText('proven').waitFor();
  await screenshot(page, 'overview');
  assertNoFaults(page);
});
