import { execFileSync } from 'node:child_process';
import type { Page } from 'playwright-core';
import { openSite } from '../../fakes/site.ts';
import { openBrowser } from './browser.ts';
import { type CannedOptions, openCanned } from './canned.ts';

/** The files of the page from a real agent, and a browser that gets made-up answers for all else. */
export interface CannedSite {
  /** A page of the browser; the caller closes its context. */
  open(options: CannedOptions): Promise<Page>;
  /** The address of a path below `/ui`. */
  at(path: string): string;
  close(): Promise<void>;
}

export async function openCannedSite(): Promise<CannedSite> {
  execFileSync('npm', ['run', '-s', 'build:page'], { stdio: 'inherit' });
  const browser = await openBrowser();
  const site = await openSite({ pageFolder: 'dist/page', stomp: false });
  await site.start();
  return {
    open: (options) => openCanned(browser, options),
    at: (path) => `http://127.0.0.1:${site.port()}/ui/${path}`,
    close: async () => {
      await browser.close();
      await site.close();
    },
  };
}
