// Pause, resume and cancel, on a store that takes its time.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { assertNoFaults, openBrowser, openPage, untilLive } from '../support/browser.mjs';
import { eventually } from '../support/eventually.mjs';
import { FaultyStore, configurationWith } from '../support/faulty-store.mjs';
import { Logyard } from '../support/logyard.mjs';

let store, logyard, browser;
before(async () => {
  store = await FaultyStore.start();
  [logyard, browser] = await Promise.all([
    Logyard.start({ config: configurationWith(store), environment: { LOGYARD_RUNNER_CONCURRENCY: '4' } }),
    openBrowser(),
  ]);
  store.target = logyard.demoUrl;
  store.delay = 40; // four at a time: a hundred objects a second
});
after(async () => { await browser?.close(); await logyard?.stop(); await store?.stop(); });

const said = (page, word) => page.locator('.job-state', { hasText: word }).waitFor();
const settled = async (id) => (await logyard.api(`/jobs/${id}`)).progress.done;

test('paused job resumes from its progress', async () => {
  const { id } = await logyard.clone('demo-assets/manuals-', 'demo-clone/paused-', { store: 'faulty' });
  const page = await openPage(browser);
  await page.goto(`${logyard.url}/jobs/${id}`);
  await untilLive(page);
  await eventually('some objects are copied', async () => (await settled(id)) > 20);
  await page.getByRole('button', { name: 'Pause' }).click();
  await said(page, 'paused');
  const before = await settled(id);
  const asked = store.copied.length;
  assert.ok(before > 0 && before < 460, `paused half-way, at ${before}`);

  store.delay = 0;
  await page.getByRole('button', { name: 'Resume' }).click();
  await said(page, 'proven');
  const job = await logyard.ended(id);
  assert.equal(job.state, 'succeeded');
  assert.equal(new Set(store.copied).size, job.progress.done, 'each object is counted once');
  assert.ok(store.copied.length - asked <= job.progress.done - before + 4, 'no more than was in flight is copied again');
  for (const happened of ['paused', 'resumed', 'succeeded']) await page.locator('.events').getByText(happened, { exact: false }).first().waitFor();
  assertNoFaults(page);
});

test('cancelling needs confirmation and claims no proof', async () => {
  store.delay = 40;
  const { id } = await logyard.clone('demo-assets/', 'demo-clone/cancelled/', { store: 'faulty' });
  const page = await openPage(browser);
  await page.goto(`${logyard.url}/jobs/${id}`);
  await untilLive(page);
  await page.getByRole('link', { name: /^Cancel/ }).click();
  await page.getByRole('heading', { name: 'Cancel this job?' }).waitFor();
  await page.getByRole('link', { name: 'Keep running' }).click();
  await page.getByRole('heading', { name: 'Cancel this job?' }).waitFor({ state: 'detached' });
  await page.getByRole('link', { name: /^Cancel/ }).click();
  await page.getByRole('button', { name: 'Cancel the job' }).click();
  await said(page, 'cancelled');
  await page.getByText('nothing is proven').waitFor();
  const after = store.copied.length;
  await page.reload();
  await said(page, 'cancelled');
  assert.equal(store.copied.length, after, 'nothing is copied any more');
  assertNoFaults(page);
});

test('bulk cancellation shows the count first', async () => {
  store.delay = 40;
  for (const name of ['one', 'two', 'three']) await logyard.clone('demo-assets/', `demo-clone/${name}/`, { store: 'faulty' });
  const page = await openPage(browser);
  await page.goto(`${logyard.url}/jobs?state=running&state=queued`);
  await untilLive(page);
  await page.getByRole('link', { name: 'Cancel…' }).click();
  await page.getByRole('button', { name: 'Cancel 3 jobs' }).click();
  await page.getByText('Cancellation of 3 jobs requested.').waitFor();
  await eventually('all three are cancelled', async () => {
    const { items } = await logyard.api('/jobs?state=cancelled');
    return items.length === 4;
  });
  assertNoFaults(page);
});
