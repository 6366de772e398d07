import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { look, openBrowser } from './page/browser.ts';

/** `npm run demo -- --stay` as the README has it: what it prints is a page that shows the demo, until npm is told to stop. */
let browser: Browser;
let demo: ChildProcess;
let url: string;

beforeAll(async () => {
  browser = await openBrowser();
  demo = spawn('npm', ['run', 'demo', '--', '--stay'], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  url = await said(demo, /The page is at (\S+) until/);
}, 120_000);
afterAll(async () => {
  await browser.close();
  if (demo.exitCode === null && demo.pid !== undefined) process.kill(-demo.pid, 'SIGKILL');
});

/** The first group of the first match in what a process prints. @throws Error when it ends without it */
function said(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.once('exit', () => reject(new Error(`it ended with:\n${text}`)));
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const [, found] = pattern.exec(text) ?? [];
      if (found !== undefined) resolve(found);
    });
  });
}

test('shows the orders of the demo, and ends with npm', async () => {
  const { page, complaints, close } = await look(browser, url);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.getByRole('link', { name: 'Orders' }).click();
  await page.getByRole('row', { name: /reads/ }).first().waitFor();
  expect(complaints).toEqual([]);
  await close();
  const exit = once(demo, 'exit');
  demo.kill('SIGTERM');
  await exit;
  await expect
    .poll(() =>
      fetch(url).then(
        () => 'open',
        () => 'closed',
      ),
    )
    .toBe('closed');
}, 60_000);
