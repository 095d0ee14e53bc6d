// A link shows the other person the same thing.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { assertNoFaults, openBrowser, openPage, untilLive } from '../support/browser.mjs';
import { Logyard } from '../support/logyard.mjs';

let logyard, browser;
before(async () => {
  [logyard, browser] = await Promise.all([Logyard.start(), openBrowser()]);
  const jobs = [
    await logyard.clone('demo-assets/icons-', 'demo-clone/a/'),
    await logyard.clone('demo-assets/maps-', 'demo-clone/b/', { dry_run: true }),
    await logyard.clone('demo-assets/sounds-', 'demo-clone/c/', { mode: 'verify' }),
  ];
  for (const { id } of jobs) await logyard.ended(id);
});
after(async () => { await browser?.close(); await logyard?.stop(); });

const rows = (page) => page.getByRole('table', { name: 'Jobs, newest first' }).locator('tbody tr').allInnerTexts();

test('shared URL shows the same list', async () => {
  const mine = await openPage(browser);
  await mine.goto(`${logyard.url}/jobs`);
  await untilLive(mine);
  await mine.getByLabel('Text').fill('maps-');
  await mine.getByRole('checkbox', { name: /succeeded/ }).check();
  await mine.getByRole('button', { name: 'Filter', exact: true }).click();
  await mine.waitForURL(/text=maps-/);
  await mine.getByText('1 job with').or(mine.getByText('1 with')).first().waitFor();
  assert.match(mine.url(), /state=succeeded/);

  const theirs = await openPage(browser);
  await theirs.goto(mine.url());
  await untilLive(theirs);
  const [here, there] = [await rows(mine), await rows(theirs)];
  assert.equal(here.length, 1);
  assert.deepEqual(there, here);
  assert.equal(await theirs.getByLabel('Text').inputValue(), 'maps-');
  assert.ok(await theirs.getByRole('checkbox', { name: /succeeded/ }).isChecked());

  await mine.getByRole('link', { name: 'Show all' }).click();
  await mine.waitForURL(/\/jobs$/);
  await mine.goBack();
  await mine.waitForURL(/text=maps-/);
  assert.deepEqual(await rows(mine), here);
  assertNoFaults(mine);
  assertNoFaults(theirs);
});

test('invalid filter is reported', async () => {
  const page = await openPage(browser);
  const answer = await page.goto(`${logyard.url}/jobs?state=sleeping`);
  assert.equal(answer.status(), 422);
  await page.locator('.fault', { hasText: 'sleeping' }).waitFor();
});
