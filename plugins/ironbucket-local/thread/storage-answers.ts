import type { Deps } from '../deps.ts';
import type { ThreadCalls } from './calls.ts';
import type { Answers } from './peer.ts';

/** What a thread that stores does for the agent, and the bucket that stays closed while the agent removes it. */
export interface StorageAnswers {
  readonly answers: Omit<Answers<ThreadCalls>, 'noticeAccount' | 'finish' | 'stop'>;
  /** Resolves when nothing in the bucket changes any more; it stays so until it is opened. */
  closeBucket(account: string): Promise<void>;
}

/** @param deps asked for when the first call comes */
export function createStorageAnswers(deps: () => Deps): StorageAnswers {
  const reopen = new Map<string, () => void>();

  function closeBucket(account: string): Promise<void> {
    return new Promise((resolve) => {
      void deps().objects.close(account, () => {
        resolve();
        return new Promise<void>((open) => reopen.set(account, open));
      });
    });
  }

  return {
    closeBucket,
    answers: {
      readQuota: ([account]) => deps().quotas.read(account),
      setLimit: ([account, maxBytes], signal) => deps().quotas.setLimit(account, maxBytes, signal),
      measure: ([account], signal) => deps().quotas.measure(account, signal),
      forgetQuota: ([account]) => deps().quotas.forget(account),
      forgetStatistics: ([account]) => deps().statistics.forget(account),
      readStatistics: ([account, month], signal) => deps().statistics.read(account, month, signal),
      closeBucket: ([account]) => closeBucket(account),
      openBucket: async ([account]) => {
        reopen.get(account)?.();
        reopen.delete(account);
      },
    },
  };
}
