/** Work that a backend does by a schedule, while its offering runs. Never twice at once. */
export interface Job {
  /** Unique in the plugin: a metric label and a word of logs, such as `retention`. */
  readonly name: string;
  /** Cron expression of five fields, in the agent's `timezone`. */
  readonly schedule: string;
  /** Longest time one run may take. */
  readonly deadlineMs: number;
  /** Returns a line for the log, or undefined when there was nothing to do. */
  run(signal: AbortSignal): Promise<string | undefined>;
}
