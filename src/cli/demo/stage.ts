import type { Clock } from '../../lib/clock.ts';
import type { Output } from '../io.ts';
import { printable } from '../style.ts';

/** The demo as a person sees it: numbered chapters, who did what in them, and how long each took. */
export interface Stage {
  chapter(title: string): void;
  line(who: 'Waldur' | 'agent' | 'storage' | 'Alice', text: string): void;
  /** The last line of a chapter, with the time since its beginning. */
  end(who: 'Waldur' | 'agent' | 'storage', text: string): void;
}

const WIDTH = 96;

export function createStage(output: Output, clock: Clock): Stage {
  const { style } = output;
  let number = 0;
  let start = clock.monotonicMs();
  const paint = { Waldur: style.cyan, agent: style.green, storage: style.yellow, Alice: style.bold };

  function line(who: keyof typeof paint, text: string, time = ''): void {
    const shown = printable(text);
    const gap = time === '' ? '' : ' '.repeat(Math.max(1, WIDTH - 14 - shown.length - time.length));
    output.write(`     ${paint[who](who.padEnd(8))} ${shown}${gap}${style.dim(time)}\n`);
  }

  return {
    chapter: (title) => {
      number++;
      start = clock.monotonicMs();
      output.write(`\n${style.bold(`${String(number).padStart(2)}   ${title}`)}\n`);
    },
    line,
    end: (who, text) => line(who, text, `${Math.round(clock.monotonicMs() - start)} ms`),
  };
}
