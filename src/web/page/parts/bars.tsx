/** Stacked bars, one for each hour; the words of each are in its title. */
export function Bars({
  label,
  bars,
}: {
  readonly label: string;
  readonly bars: readonly {
    readonly key: string;
    readonly title: string;
    readonly ok: number;
    readonly failed: number;
  }[];
}) {
  const most = Math.max(1, ...bars.map(({ ok, failed }) => ok + failed));
  return (
    <svg
      className="bars"
      viewBox={`0 0 ${bars.length * 10} 40`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {bars.map(({ key, title, ok, failed }, index) => {
        const [low, high] = [(38 * ok) / most, (38 * failed) / most];
        return (
          <g key={key}>
            <title>{title}</title>
            <rect className="rail" x={index * 10 + 1} y={39} width={8} height={1} />
            <rect className="ok" x={index * 10 + 1} y={39 - low} width={8} height={low} />
            <rect className="failed" x={index * 10 + 1} y={39 - low - high} width={8} height={high} />
          </g>
        );
      })}
    </svg>
  );
}
