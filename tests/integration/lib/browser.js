// Debian's Chromium, driven by playwright-core.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { PATIENCE_MS } from './wait.js';

const ARGUMENTS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--disable-dev-shm-usage'];

// Opens a browser with a profile of its own: tabs in it share cookies and storage. `after` is
// node:test's. Whatever the pages complain about is collected in `complaints`.
export async function openBrowser(after, options = {}) {
  const profile = mkdtempSync(join(tmpdir(), 'allim-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: ARGUMENTS,
    timeout: PATIENCE_MS,
    ...options,
  });
  after(async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const complaints = [];
  context.on('page', (page) => {
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url}`);
    });
  });
  return { context, complaints, newPage: () => context.newPage() };
}
