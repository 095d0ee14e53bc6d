// All of it by keyboard, and what a screen reader is told.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { assertNoFaults, openBrowser, openPage, untilLive } from '../support/browser.mjs';
import { Logyard } from '../support/logyard.mjs';

let logyard, browser, page, jobs;
before(async () => {
  [logyard, browser] = await Promise.all([Logyard.start(), openBrowser()]);
  jobs = [await logyard.clone('demo-assets/icons-', 'demo-clone/a/'), await logyard.clone('demo-assets/maps-', 'demo-clone/b/')];
  for (const { id } of jobs) await logyard.ended(id);
  page = await openPage(browser);
});
after(async () => { await browser?.close(); await logyard?.stop(); });

test('keys open pages, rows and jobs', async () => {
  await page.goto(logyard.url);
  await untilLive(page);
  await page.keyboard.press('g');
  await page.keyboard.press('j');
  await page.waitForURL(/\/jobs$/);
  await untilLive(page);
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForURL(`${logyard.url}/jobs/${jobs[0].id}`);
  await untilLive(page); // a page takes keys once its islands have woken
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor({ state: 'hidden' });
});

test('search box finds a job from any page', async () => {
  await page.goto(`${logyard.url}/settings`);
  await untilLive(page);
  await page.keyboard.press('/');
  await page.keyboard.type('maps-');
  await page.locator('.suggestions a').first().waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForURL(`${logyard.url}/jobs/${jobs[1].id}`);
});

test('first Tab skips to content and focus is visible', async () => {
  await page.goto(`${logyard.url}/jobs`);
  await untilLive(page);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to content');
  for (let step = 0; step < 15; step += 1) {
    await page.keyboard.press('Tab');
    const shown = await page.evaluate(() => {
      const { outlineStyle, boxShadow } = getComputedStyle(document.activeElement);
      return document.activeElement === document.body || outlineStyle !== 'none' || boxShadow !== 'none';
    });
    assert.ok(shown, `focus ${step} is visible`);
  }
});

test('chosen time zone is kept', async () => {
  await page.goto(`${logyard.url}/jobs`);
  await untilLive(page);
  const zone = page.getByRole('button', { name: /^Times in/ });
  assert.match(await zone.textContent(), /UTC/);
  await zone.click();
  assert.match(await zone.textContent(), /local \(UTC\+1[23]:00\)/);
  await page.reload();
  await untilLive(page);
  assert.match(await zone.textContent(), /local/);
  assertNoFaults(page);
});
