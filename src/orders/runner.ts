import type { Clock } from '../lib/clock.ts';
import type { Lane, Lanes, Waiting } from './lanes.ts';
import { createRunning, type Running } from './running.ts';
import type { Share } from './slots.ts';

/** Runs the jobs of lanes: one of a lane at a time, in its share of the slots. */
export interface Runner extends Pick<Running, 'count' | 'oldest'> {
  /** Queues the lane's next job for a slot, unless the lane already waits for one, runs or sleeps. */
  wake(lane: Lane): void;
  /** Starts nothing more; resolves when what runs is over. */
  close(): Promise<void>;
}

export interface RunnerDeps {
  readonly clock: Clock;
  readonly share: Share;
  readonly lanes: Lanes;
  /** A job left its place in the lane and runs. */
  began(): void;
  /** A job asked to be run again later, and waits in its place until then. */
  slept(): void;
}

export function createRunner({ clock, share, lanes, began, slept }: RunnerDeps): Runner {
  const running = createRunning(clock);
  let closed = false;

  function wake(lane: Lane): void {
    if (lane.busy) return;
    if (lane.jobs.length === 0) {
      lanes.remove(lane);
      return;
    }
    lane.busy = true;
    share.take(() => void work(lane));
  }

  async function work(lane: Lane): Promise<void> {
    const entry = closed ? undefined : lane.jobs.shift();
    // Dropped, not settled: its frame stays unacknowledged and the next process gets it.
    if (entry === undefined) return finish(lane);
    began();
    lane.current = entry.job.id;
    const end = running.begin();
    const again = await entry.job.run(entry.attempt++);
    end();
    if (again !== undefined && !closed) return sleep(lane, entry, again.againAfterMs);
    for (const settled of entry.settled) settled();
    finish(lane);
  }

  /** Gives the slot to others and keeps the lane. */
  function sleep(lane: Lane, entry: Waiting, ms: number): void {
    share.release();
    slept();
    clock.after(ms, () => {
      if (closed) return;
      lane.jobs.unshift(entry);
      open(lane);
      wake(lane);
    });
  }

  function finish(lane: Lane): void {
    open(lane);
    share.release();
    if (closed) lanes.remove(lane);
    else wake(lane);
  }

  return {
    wake,
    count: running.count,
    oldest: running.oldest,
    close: () => {
      closed = true;
      share.close();
      return running.idle();
    },
  };
}

function open(lane: Lane): void {
  lane.busy = false;
  lane.current = undefined;
}
