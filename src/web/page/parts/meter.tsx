import type { Tone } from './status.tsx';

/** How full something is. Its label says it in words. @param share 0 to 1 and beyond; undefined without a limit */
export function Meter({
  share,
  soft,
  tone,
  label,
}: {
  readonly share: number | undefined;
  /** Where the soft limit is, 0 to 1. */
  readonly soft?: number | undefined;
  readonly tone?: Tone;
  readonly label: string;
}) {
  const shown = Math.min(1, Math.max(0, share ?? 0));
  return (
    <svg className={`meter ${tone ?? toneOf(share)}`} viewBox="0 0 100 8" preserveAspectRatio="none" role="img">
      <title>{label}</title>
      <rect className="rail" width="100" height="8" rx="0" />
      {share !== undefined && <rect className="fill" width={100 * shown} height="8" />}
      {soft !== undefined && soft < 1 && <rect className="soft" x={100 * soft} width="0.8" height="8" />}
    </svg>
  );
}

export function toneOf(share: number | undefined): Tone {
  if (share === undefined) return 'quiet';
  if (share >= 1) return 'failed';
  return share >= 0.9 ? 'warning' : 'ok';
}
