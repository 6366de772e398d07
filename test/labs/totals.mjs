// node totals.mjs REPORT: from vitest's JSON report, how many tests passed and how many did not ("P F") on standard
// output, and on standard error which did not, with the beginning of why.
import { readFileSync } from 'node:fs';

const LINES_OF_WHY = 12;

const { testResults } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const counts = { passed: 0, others: 0 };

function tell(what, why) {
  counts.others += 1;
  const lines = why.split('\n').filter((line) => !/^\s*at (.*(node_modules|node:)|new Promise)/.test(line));
  console.error([` ✗ ${what}`, ...lines.slice(0, LINES_OF_WHY)].join('\n   '));
}

for (const { name, message, assertionResults } of testResults) {
  const file = name.replace(`${process.cwd()}/`, '');
  if (message !== '') tell(file, message);
  for (const { fullName, status, failureMessages } of assertionResults) {
    if (status === 'passed') counts.passed += 1;
    // What was skipped did not run, as when the server for it did not start.
    else tell(`${file} > ${fullName}`, failureMessages.join('\n') || status);
  }
}
console.log(`${counts.passed} ${counts.others}`);
