import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';

/** The share of pixels that may differ: letters are drawn a little differently on another machine. */
const TOLERATED = 0.02;

/**
 * Compares a picture with the kept one; without a kept one, or with `UPDATE_PICTURES=1`, it becomes it. Returns what is wrong
 * in words, and puts the new picture beside the kept one then; empty when they are the same.
 */
export function differenceTo(path: string, picture: Buffer): string {
  if (!existsSync(path) || process.env['UPDATE_PICTURES'] === '1') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, picture);
    return process.env['CI'] === 'true' ? `${path} was not there` : '';
  }
  const [kept, now] = [PNG.sync.read(readFileSync(path)), PNG.sync.read(picture)];
  const { width, height } = kept;
  if (now.width !== width || now.height !== height) {
    return `${path}: ${now.width} x ${now.height} instead of ${width} x ${height}`;
  }
  const pixels = pixelmatch(kept.data, now.data, undefined, width, height, { threshold: 0.25 });
  if (pixels <= TOLERATED * width * height) return '';
  const beside = path.replace(/^.*\//, '/tmp/new-');
  writeFileSync(beside, picture);
  return `${path}: ${((100 * pixels) / width / height).toFixed(1)} % of the pixels differ, see ${beside}`;
}
