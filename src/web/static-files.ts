import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Route, RouteReply, RouteRequest } from '../plugin/contract.ts';

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  woff2: 'font/woff2',
};

/** Nothing of another site, nothing inline, in no frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const HTML = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': POLICY,
  'referrer-policy': 'same-origin',
  'cache-control': 'no-cache',
};
const NAMED_BY_CONTENT = 'public, max-age=31536000, immutable';

/**
 * The files of the page below `/ui`; none where the page was not built. The document is the same for every path: what is
 * shown is decided in the browser, and all data has routes and roles of its own.
 *
 * @param folder where `npm run build:page` has put it
 */
export function createPageRoutes(folder: string): readonly Route[] {
  const document = readOptional(join(folder, 'index.html'));
  if (document === undefined) return [];
  const assets = new Set(readdirSync(join(folder, 'assets')));
  const page = (path: string, base: string): Route => ({
    method: 'GET',
    path,
    role: 'page',
    handle: async () => ({ status: 200, headers: HTML, body: withBase(document, base) }),
  });
  return [
    { method: 'GET', path: '/', role: 'page', handle: async () => ({ status: 302, headers: { location: 'ui' } }) },
    page('/ui', 'ui/'),
    page('/ui/:page', './'),
    page('/ui/:page/:item', '../'),
    {
      method: 'GET',
      path: '/ui/icon.svg',
      role: 'page',
      handle: async (request) => fileReply(join(folder, 'icon.svg'), 'max-age=86400', request),
    },
    {
      method: 'GET',
      path: '/ui/assets/:file',
      role: 'page',
      handle: async (request) => {
        const { file = '' } = request.params;
        // Only names that the build made: no path of a request reaches the file system.
        if (!assets.has(file) || file.endsWith('.gz')) return { status: 404 };
        return fileReply(join(folder, 'assets', file), NAMED_BY_CONTENT, request, assets.has(`${file}.gz`));
      },
    },
  ];
}

/** Addresses in the document are relative to this one, which is relative itself: a proxy may put any path before it. */
function withBase(document: string, base: string): string {
  return document.replace(/<base href="[^"]*"/, `<base href="${base}"`);
}

async function fileReply(
  path: string,
  caching: string,
  { headers }: RouteRequest,
  isCompressed = false,
): Promise<RouteReply> {
  const type = TYPES[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
  const zipped = isCompressed && /\bgzip\b/.test(headers['accept-encoding'] ?? '');
  return {
    status: 200,
    headers: {
      'content-type': type,
      'cache-control': caching,
      ...(isCompressed && { vary: 'accept-encoding' }),
      ...(zipped && { 'content-encoding': 'gzip' }),
    },
    bytes: await readFile(zipped ? `${path}.gz` : path),
  };
}

function readOptional(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
