import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

export interface Looker {
  readonly page: Page;
  /** What the page complained of: errors of scripts and refusals by the security policy. */
  readonly complaints: string[];
  /** Addresses that were asked and belong to another site. */
  readonly foreign: string[];
  close(): Promise<void>;
}

export interface LookOptions {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
  readonly language?: string;
  /** Cookies of a login, as a context gives them. */
  readonly state?: Awaited<ReturnType<BrowserContext['storageState']>> | undefined;
}

/** Debian's chromium without a window. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--font-render-hinting=none', '--disable-lcd-text', '--force-device-scale-factor=1'],
  });
}

/** A person with a browser of their own, at this address. */
export async function look(browser: Browser, url: string, options: LookOptions = {}): Promise<Looker> {
  const context = await browser.newContext(contextOf(options));
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  const foreign: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (new URL(request.url()).host !== new URL(url).host) foreign.push(request.url());
  });
  await page.goto(url);
  return { page, complaints, foreign, close: () => context.close() };
}

function contextOf(options: LookOptions): Parameters<Browser['newContext']>[0] {
  return {
    viewport: { width: options.width ?? 1440, height: options.height ?? 900 },
    colorScheme: options.dark === true ? 'dark' : 'light',
    locale: options.language ?? 'en-US',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
    ...(options.state === undefined ? {} : { storageState: options.state }),
  };
}

export type { BrowserContext, Page };
