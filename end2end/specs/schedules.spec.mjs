// Clones on a schedule: chosen by the form, started by the clock, told on the list.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { assertNoFaults, openBrowser, openPage, screenshot, untilLive } from '../support/browser.mjs';
import { Logyard } from '../support/logyard.mjs';

let logyard, browser;
before(async () => { [logyard, browser] = await Promise.all([Logyard.start(), openBrowser()]); });
after(async () => { await browser?.close(); await logyard?.stop(); });

const source = (page, name) => page.getByRole('group', { name: 'Source' }).getByLabel(name);
const destination = (page, name) => page.getByRole('group', { name: 'Destination' }).getByLabel(name);
const row = (page, name) => page.getByRole('table', { name: 'Schedules, by name' }).locator('tbody tr', { hasText: name });

test('form shows next times and faults while typing', async () => {
  const page = await openPage(browser);
  await page.goto(`${logyard.url}/schedules`);
  await untilLive(page);
  await page.getByText('No schedules yet').waitFor();
  await page.getByRole('link', { name: 'New schedule' }).click();
  await untilLive(page);
  await page.locator('#name').fill('nightly icons');
  await source(page, 'Bucket').fill('demo-assets');
  await source(page, 'Prefix').fill('icons-2025-01/');
  await destination(page, 'Bucket').fill('demo-clone');
  await destination(page, 'Prefix').fill('nightly/');
  await page.locator('#cron').fill('0 25 * * *');
  await page.locator('#cron-fault').getByText('in its hour, 25').waitFor();
  await page.locator('#cron').fill('0 2 * * *');
  await page.locator('#verify_cron').fill('0 5 * * 0');
  await page.locator('#zone').fill('Pacific/Auckland');
  await page.locator('#cron-fault').getByText('✖').waitFor({ state: 'detached' });
  await page.locator('.found p', { hasText: 'every night at 02:00' }).waitFor();
  await page.getByText(/02:00 \+1[23]:00/).nth(4).waitFor();
  await page.locator('.found p', { hasText: 'on Sundays at 05:00' }).waitFor();
  await page.getByRole('heading', { name: 'Preview' }).waitFor();
  await screenshot(page, 'new-schedule');

  await page.getByRole('button', { name: 'Create schedule' }).click();
  await page.getByText('nightly icons is scheduled.').waitFor();
  const made = row(page, 'nightly icons');
  await made.getByText('never run').waitFor();
  assert.match(await made.textContent(), /every night at 02:00.*Pacific\/Auckland.*in \d+ /s);
  assertNoFaults(page);
});

test('list shows the result of a manual run', async () => {
  const page = await openPage(browser);
  await page.goto(`${logyard.url}/schedules`);
  await untilLive(page);
  await row(page, 'nightly icons').getByRole('button', { name: 'Run now' }).click();
  await page.waitForURL(/\/jobs\//);
  await page.locator('.job-state', { hasText: 'proven' }).waitFor();
  await page.getByText('schedule nightly icons').first().waitFor();
  await page.getByRole('link', { name: 'Schedule this clone' }).click();
  await page.waitForURL(/\/schedules\/new\?/);
  assert.equal(await destination(page, 'Prefix').inputValue(), 'nightly/');

  await page.getByRole('link', { name: 'Schedules', exact: true }).click();
  await row(page, 'nightly icons').getByText('proven').waitFor();
  await row(page, 'nightly icons').getByRole('button', { name: 'Pause' }).click();
  await row(page, 'nightly icons').getByText('paused').waitFor();
  await row(page, 'nightly icons').getByRole('button', { name: 'Resume' }).click();
  await row(page, 'nightly icons').getByText(/in \d+ /).first().waitFor();
  assertNoFaults(page);
});

test('due schedule starts and the open page shows it', async () => {
  await logyard.api('/schedules', {
    name: 'each minute', cron: '* * * * *',
    clone: { source: 's3://demo-assets/maps-2025-03/', destination: 's3://demo-clone/minutely/' },
  });
  const page = await openPage(browser);
  await page.goto(`${logyard.url}/schedules`);
  await untilLive(page);
  const due = row(page, 'each minute');
  await due.getByText('proven').waitFor({ timeout: 100_000 });
  assert.match(await due.textContent(), /started at \d\d:\d\d:\d\d/);
  const { items: [job] } = await logyard.api('/jobs?author=schedule+each+minute');
  assert.equal(job.state, 'succeeded');
  await due.getByRole('link', { name: 'Delete' }).click();
  await page.getByRole('button', { name: 'Delete schedule' }).click();
  await due.waitFor({ state: 'detached' });
  assertNoFaults(page);
});

test('schedule is created, paused and deleted without JavaScript', async () => {
  const page = await openPage(browser, { javaScriptEnabled: false });
  await page.goto(`${logyard.url}/schedules/new`);
  await page.locator('#name').fill('weekly');
  await page.locator('#source-bucket').fill('demo-assets');
  await page.locator('#destination-bucket').fill('demo-clone');
  await page.locator('#cron').fill('0 0 30 2 *');
  await page.getByRole('button', { name: 'Check' }).click();
  await page.locator('#cron-fault').getByText('a day that exists').waitFor();
  await page.locator('#cron').fill('0 2 * * 1');
  await page.getByRole('button', { name: 'Check' }).click();
  await page.locator('.found p', { hasText: 'on Mondays at 02:00' }).waitFor();
  assert.equal(await page.locator('.upcoming li').count(), 5);
  await page.getByRole('button', { name: 'Create schedule' }).click();
  await page.getByText('weekly is scheduled.').waitFor();
  await row(page, 'weekly').getByRole('button', { name: 'Pause' }).click();
  await row(page, 'weekly').getByText('paused').waitFor();
  await row(page, 'weekly').getByRole('link', { name: 'Delete' }).click();
  await page.getByRole('button', { name: 'Delete schedule' }).click();
  await page.waitForURL(/\/schedules$/);
  assert.equal(await row(page, 'weekly').count(), 0);
});
