import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { buildTests } from './build-tests.ts';

/** Minutes of load; half an hour is for people: `npm run soak`. */
const MINUTES = 5;

test(`nothing grows in ${MINUTES} minutes of steady load`, { timeout: (MINUTES + 3) * 60_000 }, async () => {
  buildTests();
  const child = spawn(process.execPath, ['dist/test/bench/soak.js', String(MINUTES)], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  expect(await once(child, 'exit')).toEqual([0, null]);
});
