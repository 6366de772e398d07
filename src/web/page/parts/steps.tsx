import type { StepShape } from '../../api/shapes.ts';
import { useText } from '../text/text.tsx';
import { Status, type Tone } from './status.tsx';

/** What happened, one step a line, in the order in which it is given. */
export function Steps({ steps }: { readonly steps: readonly StepShape[] }) {
  return (
    <ol className="plain-list steps">
      {steps.map((step) => (
        <Step key={step.id} step={step} />
      ))}
    </ol>
  );
}

function Step({ step }: { readonly step: StepShape }) {
  const { t, format } = useText();
  const { at, kind, what, account, text, ms, details, error } = step;
  const known = Object.entries(details).filter(([, value]) => value !== null && value !== '');
  return (
    <li className="step">
      <time dateTime={at} title={format.moment(new Date(at))} className="quiet">
        {format.time(new Date(at))}
      </time>
      <Status tone={toneOf(step)}>{t(`step.${kind}`)}</Status>
      <div className="step-text">
        <strong lang="en">{what}</strong>
        {account !== null && <code>{account}</code>}
        {ms !== null && <span className="quiet">{format.duration(ms)}</span>}
        {text !== null && <q>{text}</q>}
        {known.length > 0 && (
          <span className="quiet mono">{known.map(([name, value]) => `${name}: ${plain(value)}`).join(', ')}</span>
        )}
        {error !== null && (
          <span className="step-error" lang="en">
            {error.message} <code>{error.code}</code>
            {error.hint !== null && <span className="hint">{error.hint}</span>}
          </span>
        )}
      </div>
    </li>
  );
}

function toneOf({ error, what, kind }: StepShape): Tone {
  if (error !== null || kind === 'lost' || what === 'erred' || what === 'rejected') return 'failed';
  return kind === 'order' && what === 'done' ? 'ok' : 'quiet';
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const TONES: Readonly<Record<string, Tone>> = {
  running: 'busy',
  pending: 'busy',
  done: 'ok',
  erred: 'failed',
  rejected: 'failed',
  failed: 'warning',
  deferred: 'warning',
};

/** How an order stands. */
export function OrderStatus({ status }: { readonly status: string }) {
  const { word } = useText();
  return <Status tone={TONES[status] ?? 'quiet'}>{word('status', status)}</Status>;
}
