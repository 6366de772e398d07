/** How many jobs run at once, over all queues, and whose turn it is. */
export interface Slots {
  /** The share of one more queue. */
  share(): Share;
}

export interface Share {
  /** Calls `start` when one more job may run, at once or later; `release` says that it does not any more. */
  take(start: () => void): void;
  release(): void;
  /** Drops what waits and leaves the slots to the others; what runs is still to be released. */
  close(): void;
}

interface Member {
  readonly waiting: (() => void)[];
  held: number;
}

/**
 * Fair between queues, so that one whose jobs hang cannot delay the others: they take turns, each gets half of the slots at
 * most while there are others, and the first job of a queue runs at once, even when it is one more than `total`.
 */
export function createSlots(total: number): Slots {
  /** In the order of their turns: who started something last is last. */
  const members = new Set<Member>();
  let held = 0;

  function mayStart(member: Member): boolean {
    if (member.waiting.length === 0) return false;
    const most = members.size > 1 ? Math.ceil(total / 2) : total;
    return member.held === 0 || (held < total && member.held < most);
  }

  function startNext(): boolean {
    for (const member of members) {
      if (!mayStart(member)) continue;
      const start = member.waiting.shift();
      members.delete(member);
      members.add(member);
      member.held++;
      held++;
      start?.();
      return true;
    }
    return false;
  }

  function fill(): void {
    while (startNext());
  }

  return {
    share: () => {
      const member: Member = { waiting: [], held: 0 };
      members.add(member);
      return {
        take: (start) => {
          if (!members.has(member)) return;
          member.waiting.push(start);
          fill();
        },
        release: () => {
          member.held--;
          held--;
          fill();
        },
        close: () => {
          members.delete(member);
          member.waiting.length = 0;
          fill();
        },
      };
    },
  };
}
