/** Where in an effect the process dies: not begun, half done, or done and not reported. */
export const MOMENTS = ['before', 'during', 'after'] as const;
export type Moment = (typeof MOMENTS)[number];

export const death = new Error('the process died');

/** A process that dies at one of its effects, and has no further ones. */
export interface Mortal {
  /** `half` is what an effect in which it dies leaves behind. */
  effect<T>(whole: () => Promise<T>, half?: () => Promise<unknown>): Promise<T>;
  died(): boolean;
}

/** Dies at the effect after `effects` whole ones. */
export function createMortal(effects: number, moment: Moment): Mortal {
  let left = effects;
  let dead = false;
  return {
    effect: async (whole, half) => {
      if (dead) throw death;
      if (left-- > 0) return whole();
      dead = true;
      if (moment === 'after') await whole();
      if (moment === 'during') await half?.();
      throw death;
    },
    died: () => dead,
  };
}
