// Prints the licence of every package that is installed in production, from the lock file, and fails on one that nobody
// has agreed to: add it to ACCEPTED after reading it.
import { readFileSync } from 'node:fs';

const ACCEPTED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT', 'MIT-0'];

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const installed = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
for (const [path, { version, license }] of installed) {
  process.stdout.write(`${path.split('node_modules/').at(-1)} ${version}: ${license ?? 'not stated'}\n`);
}
const refused = installed.filter(([, { license }]) => !ACCEPTED.includes(license));
for (const [path, { license }] of refused) process.stderr.write(`${path}: ${license ?? 'no licence stated'}\n`);
if (refused.length > 0) process.exitCode = 1;
