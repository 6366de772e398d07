import { S3Error } from '../../../src/s3/s3-error.ts';
import type { Principal } from './call.ts';

/** Keeps one account from taking the connections of the others. */
export interface Turns {
  /**
   * One more request of the account. Returns what ends it.
   * @throws S3Error `SlowDown` when the account has its share of the connections under way already
   */
  enter(principal: Principal): () => void;
}

/** @param most requests of one account at once */
export function createTurns(most: number): Turns {
  /** Requests under way by account; the entry goes with the last one. */
  const running = new Map<string, number>();
  return {
    enter: (principal) => {
      const name = principal.kind === 'account' ? principal.account : '';
      const count = running.get(name) ?? 0;
      if (count >= most && principal.kind === 'account') throw new S3Error('SlowDown');
      running.set(name, count + 1);
      let over = false;
      return () => {
        if (over) return;
        over = true;
        const left = (running.get(name) ?? 1) - 1;
        if (left === 0) running.delete(name);
        else running.set(name, left);
      };
    },
  };
}
