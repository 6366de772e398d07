import type { OrderRate } from './order-rates.ts';

/** What an offering does and did. */
export interface Activity {
  /** Orders. */
  readonly queued: number;
  readonly running: number;
  readonly rate: OrderRate;
  readonly lastReport: EndedReport | undefined;
}

/** How a pass of usage reports ended. */
export interface EndedReport {
  readonly at: Date;
  readonly ok: boolean;
  readonly resources: {
    readonly submitted: number;
    readonly unchanged: number;
    readonly missing: number;
    readonly failed: number;
    readonly lost: number;
  };
}
