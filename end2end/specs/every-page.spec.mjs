// Checks every page: no accessibility violations, no horizontal scrolling, a strict content security policy.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { AxeBuilder } from '@axe-core/playwright';

import { NARROW, WIDE, assertNoFaults, openBrowser, openPage, screenshot, untilLive } from '../support/browser.mjs';
import { FaultyStore, configurationWith } from '../support/faulty-store.mjs';
import { Logyard } from '../support/logyard.mjs';

let store, logyard, browser;
const pages = new Map();
before(async () => {
  store = await FaultyStore.start();
  [logyard, browser] = await Promise.all([
    Logyard.start({ config: configurationWith(store), environment: { LOGYARD_RUNNER_CONCURRENCY: '4' } }),
    openBrowser(),
  ]);
  store.target = logyard.demoUrl;
  pages.set('overview-empty', '/').set('jobs-empty', '/jobs').set('schedules-empty', '/schedules').set('runs-none', '/runs?pipeline=none').set('alerts-none', '/alerts');
});
after(async () => { await browser?.close(); await logyard?.stop(); await store?.stop(); });

/** Makes one job of each kind of ending, and one that runs. */
async function createJobs() {
  const proven = await logyard.clone('demo-assets/banners-', 'demo-clone/proven/');
  const unproven = await logyard.clone('demo-assets/letters-', 'demo-clone/none/', { mode: 'verify' });
  store.denies = (key) => key.includes('scripts-0001');
  const failed = await logyard.clone('demo-assets/scripts-', 'demo-clone/failed/', { store: 'faulty' });
  for (const { id } of [proven, unproven, failed]) await logyard.ended(id);
  const place = (bucket, prefix) => ({ store: 'demo', bucket, prefix });
  const clone = { source: place('demo-assets', 'banners-'), destination: place('demo-clone', 'nightly/') };
  const nightly = await logyard.api('/schedules', { name: 'nightly', cron: '0 2 * * *', verify_cron: '30 5 * * 1-5', zone: 'Pacific/Auckland', clone });
  const paused = await logyard.api('/schedules', { name: 'a longer name of what is paused', cron: '*/7 8-18 * 3,6 MON-FRI', clone });
  await logyard.ended((await logyard.api(`/schedules/${nightly.id}/run`, {})).id);
  await logyard.api(`/schedules/${paused.id}/pause`, {});
  const shipped = await logyard.firstRun();
  const reprocess = await logyard.api('/reprocesses', { pipeline: 'demo-elb', keys: [shipped.key], extent: 'all' });
  await logyard.ended(reprocess.id);
  await logyard.api('/syncs/warehouse/progress', { local_count: 12, remote_count: 10, behind: 2, requests: 3, found: 2, error: 'no route to the copy' });
  store.delay = 400;
  const running = await logyard.clone('demo-assets/', 'demo-clone/running/', { store: 'faulty' });
  pages.clear();
  pages
    .set('overview', '/')
    .set('jobs', '/jobs')
    .set('jobs-none', '/jobs?text=nothing-has-this-name')
    .set('jobs-bulk', '/jobs/bulk?action=cancel')
    .set('job-proven', `/jobs/${proven.id}`)
    .set('job-unequal', `/jobs/${unproven.id}`)
    .set('job-failed', `/jobs/${failed.id}?failures=1`)
    .set('job-running', `/jobs/${running.id}`)
    .set('job-confirm', `/jobs/${running.id}?confirm=cancel`)
    .set('job-reprocess', `/jobs/${reprocess.id}`)
    .set('runs', '/runs')
    .set('run', `/runs/${shipped.id}`)
    .set('runs-window', '/runs?from=-1h&zone=%2B13:00')
    .set('pipelines', '/pipelines')
    .set('pipeline-window', '/pipelines/demo-elb?from=-7d')
    .set('alerts', '/alerts')
    .set('alerts-filter', '/alerts?pipeline=none&kind=loss&state=open&from=-1h')
    .set('pipeline', '/pipelines/demo-elb')
    .set('dead-letters', '/pipelines/demo-elb/dead-letters')
    .set('new-reprocess', '/reprocesses/new')
    .set('new-reprocess-preview', `/reprocesses/new?pipeline=demo-elb&keys=${encodeURIComponent(shipped.key)}&extent=all&preview=1`)
    .set('new-clone', '/clones/new')
    .set('new-clone-preview', '/clones/new?source_bucket=demo-assets&destination_bucket=demo-clone&preview=1')
    .set('new-clone-chosen', '/clones/new?source_bucket=demo-assets&include=**%2F*.webp&exclude=a%5B&newer_than=2026-01-01T00:00')
    .set('new-clone-options', '/clones/new?source_bucket=demo-assets&sse=AES256&sse_kms_key_id=k&acl=copy&website_redirects=on&job_name=one&max_failures=5&bandwidth_hours=noon')
    .set('mirror', '/clones/mirror?source_bucket=demo-assets&source_prefix=maps-&destination_bucket=demo-clone&destination_prefix=proven%2F')
    .set('schedules', '/schedules')
    .set('schedules-confirm', `/schedules?delete=${nightly.id}&problem=conflict`)
    .set('schedule', `/schedules/${nightly.id}`)
    .set('schedule-edit', `/schedules/${nightly.id}/edit`)
    .set('new-schedule', '/schedules/new')
    .set('new-schedule-checked', '/schedules/new?source_bucket=demo-assets&destination_bucket=demo-clone&cron=0+2+*+*+*&verify_cron=0+25+*+*+*&preview=1')
    .set('syncs', '/syncs')
    .set('sync', '/syncs/orders?did=verify')
    .set('sync-refused', '/syncs/customers?problem=conflict')
    .set('sync-of-an-agent', '/syncs/warehouse')
    .set('settings', '/settings')
    .set('docs', '/docs')
    .set('docs-tables', '/docs/performance')
    .set('docs-search', '/docs?q=mirror')
    .set('docs-search-nothing', '/docs?q=no+such+word')
    .set('missing', '/there-is-no-such-page');
}

async function check(name, path, colorScheme, viewport) {
  const page = await openPage(browser, { colorScheme, viewport, reducedMotion: 'reduce' });
  try {
    const answer = await page.goto(`${logyard.url}${path}`);
    await untilLive(page);
    const policy = answer.headers()['content-security-policy'];
    assert.match(policy, /script-src 'nonce-/);
    assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'/);
    assert.match(await page.title(), /\S+ · Logyard$|^Logyard$/);

    const { violations } = await new AxeBuilder({ page }).analyze();
    const found = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).slice(0, 3).join(' | ')}`);
    assert.deepEqual(found, []);
    const ids = await page.evaluate(() => [...document.querySelectorAll('[id]')].map(({ id }) => id));
    assert.deepEqual(ids.filter((id, at) => ids.indexOf(id) !== at), [], 'ids that the page holds twice');
    const { width, content } = await page.evaluate(() => ({ width: innerWidth, content: document.documentElement.scrollWidth }));
    assert.ok(content <= width, `the page is ${content} px wide in ${width}`);
    await screenshot(page, `${name}-${colorScheme}-${viewport.width}`);
    // A page that is not there is an error to the console, as it should be.
    page.faults = page.faults.filter((fault) => !(answer.status() === 404 && fault.includes('404')));
    assertNoFaults(page);
  } finally {
    await page.context().close();
  }
}

for (const state of ['an empty server', 'a server at work']) {
  describe(state, () => {
    before(async () => { if (state === 'a server at work') await createJobs(); });
    for (const scheme of ['light', 'dark']) {
      for (const viewport of [WIDE, NARROW]) {
        test(`every page is accessible in ${scheme}, ${viewport.width} px wide`, async (t) => {
          for (const [name, path] of pages) await t.test(name, () => check(name, path, scheme, viewport));
        });
      }
    }
  });
}
