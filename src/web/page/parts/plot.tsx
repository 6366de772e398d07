import type { SeriesShape } from '../../api/shapes.ts';
import { useText } from '../text/text.tsx';

const WIDTH = 720;
const HEIGHT = 220;
const LEFT = 76;
const BOTTOM = 24;

/** Usage and its limit over time. Values hold until the next one. */
export function Plot({
  used,
  limit,
  label,
}: {
  readonly used: SeriesShape;
  readonly limit: SeriesShape | undefined;
  readonly label: string;
}) {
  const { format } = useText();
  const show = used.component === 'objects' ? format.number : format.bytes;
  const points = [...used.points, ...(limit?.points ?? [])];
  const first = Math.min(...points.map(([at]) => at));
  const last = Math.max(...points.map(([at]) => at), first + 3600);
  const most = Math.max(1, ...points.map(([, value]) => value)) * 1.08;
  const x = (at: number): number => LEFT + ((WIDTH - LEFT - 8) * (at - first)) / (last - first);
  const y = (value: number): number => 8 + (HEIGHT - BOTTOM - 8) * (1 - value / most);
  const line = (series: SeriesShape): string =>
    steps(series.points, last)
      .map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`)
      .join(' ');
  return (
    <svg className="plot" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      {[0, 0.5, 1].map((share) => (
        <g key={share}>
          <line className="grid" x1={LEFT} x2={WIDTH - 8} y1={y((share * most) / 1.08)} y2={y((share * most) / 1.08)} />
          <text x={LEFT - 6} y={y((share * most) / 1.08) + 4} textAnchor="end">
            {show(Math.round((share * most) / 1.08))}
          </text>
        </g>
      ))}
      <text x={LEFT} y={HEIGHT - 6}>
        {format.day(new Date(first * 1000))}
      </text>
      <text x={WIDTH - 8} y={HEIGHT - 6} textAnchor="end">
        {format.day(new Date(last * 1000))}
      </text>
      <polyline className="used" points={line(used)} />
      {limit !== undefined && <polyline className="limit" points={line(limit)} />}
    </svg>
  );
}

/** A value stays until it changes, so the line has corners. */
function steps(points: SeriesShape['points'], last: number): readonly (readonly [number, number])[] {
  const corners = points.flatMap(([at, value], index) => {
    const before = points[index - 1];
    return before === undefined ? [[at, value] as const] : [[at, before[1]] as const, [at, value] as const];
  });
  const end = points.at(-1);
  return end === undefined ? [] : [...corners, [last, end[1]] as const];
}
