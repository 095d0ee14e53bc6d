// Debian's Chromium, and pages that remember what went wrong on them.

import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import assert from 'node:assert/strict';

import { chromium } from 'playwright-core';

const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];
/** Where a person can look at what the tests saw. */
const SCREENSHOTS = process.env.LOGYARD_SCREENSHOTS ?? join(tmpdir(), 'logyard-screenshots');

export const WIDE = { width: 1440, height: 900 };
export const NARROW = { width: 390, height: 844 };

export async function openBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
}

/**
 * A tab of its own context. What its console calls an error, and what its scripts throw, ends up in `page.faults`:
 * violations of the content security policy and pages that differ from their server's form are among them.
 */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: WIDE, timezoneId: 'Pacific/Auckland', locale: 'en-GB', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.faults = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || /hydrat/i.test(message.text())) page.faults.push(message.text());
  });
  page.on('pageerror', (error) => page.faults.push(String(error)));
  return page;
}

export function assertNoFaults(page) {
  assert.deepEqual(page.faults, [], `faults on ${page.url()}`);
}

/** The interface has taken the page over: its live line has heard the server. */
export async function untilLive(page) {
  await page.getByText(/live · \d/).waitFor();
}

export async function screenshot(page, name) {
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}
