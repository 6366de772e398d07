/** Clean-up steps that run in reverse order of their registration, all of them, even when some fail. */
export interface Releasers {
  add(release: () => Promise<void> | void): void;
  /** Runs every step once; throws the first failure afterwards. */
  release(): Promise<void>;
}

export function createReleasers(): Releasers {
  const steps: (() => Promise<void> | void)[] = [];
  return {
    add: (step) => {
      steps.push(step);
    },
    release: async () => {
      const failures: unknown[] = [];
      for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
        try {
          await step();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
