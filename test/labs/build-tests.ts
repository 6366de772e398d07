import { execFileSync } from 'node:child_process';

/** Programs that a test starts in a process of their own: Node 20 runs no TypeScript. What did not change is not written. */
export function buildTests(): void {
  execFileSync('npm', ['run', '-s', 'build:tests'], { stdio: 'inherit' });
}
