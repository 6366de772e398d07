import { execFileSync } from 'node:child_process';

/** Some tests start the real program, so the build must be the one under test. */
export function setup(): void {
  execFileSync('npm', ['run', '-s', 'build:agent'], { stdio: 'inherit' });
}
