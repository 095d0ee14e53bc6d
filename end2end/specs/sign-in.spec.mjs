// With a password, nothing is shown before it is given, and nothing after signing out.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { AxeBuilder } from '@axe-core/playwright';

import { NARROW, assertNoFaults, openBrowser, openPage, screenshot, untilLive } from '../support/browser.mjs';
import { Logyard, passwordHash } from '../support/logyard.mjs';

const PASSWORD = 'only for this test';

let logyard, browser;
before(async () => {
  const config = `[auth]\nuser = "operator"\npassword_hash = '${await passwordHash(PASSWORD)}'\n`;
  [logyard, browser] = await Promise.all([Logyard.start({ config }), openBrowser()]);
});
after(async () => { await browser?.close(); await logyard?.stop(); });

async function signIn(page, password) {
  await page.getByLabel('Name').fill('operator');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test('pages need a password until sign-out', async () => {
  const page = await openPage(browser, { viewport: NARROW });
  await page.goto(`${logyard.url}/settings`);
  await page.waitForURL(/\/login\?next=/);
  const { violations } = await new AxeBuilder({ page }).analyze();
  assert.deepEqual(violations.map(({ id, help }) => `${id}: ${help}`), []);
  await screenshot(page, 'sign-in');

  await signIn(page, 'not the password');
  await page.getByText('Name or password is wrong.').waitFor();
  page.faults = page.faults.filter((fault) => !fault.includes('401')); // as it should be
  await signIn(page, PASSWORD);
  await page.waitForURL(`${logyard.url}/settings`);
  await untilLive(page);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL(/\/login/);
  await page.goto(logyard.url);
  await page.waitForURL(/\/login/);
  assertNoFaults(page);
});
