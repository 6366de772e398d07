import { useVirtualizer } from '@tanstack/react-virtual';
import { type CSSProperties, type ReactNode, useRef } from 'react';
import { useText } from '../text/text.tsx';
import type { Sort } from './sorted.ts';

export interface Column<T> {
  readonly key: string;
  readonly title: string;
  /** Of a CSS grid, such as `minmax(8rem, 2fr)`. */
  readonly width: string;
  /** Left out on a narrow screen. */
  readonly isWide?: boolean;
  readonly isNumber?: boolean;
  /** Whether the rows can be sorted by it. */
  readonly isSortable?: boolean;
  /** Instead of the title, for a column of controls. */
  readonly head?: ReactNode;
  cell(row: T): ReactNode;
}

const ROW_PX = 48;
const MOST_SHOWN = 14;

/** A table of any length: only the rows in sight are made. Its height is that of its rows, up to a bound. */
export function VirtualTable<T>({
  label,
  rows,
  columns,
  keyOf,
  sort,
  onSort,
}: {
  readonly label: string;
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly keyOf: (row: T) => string;
  readonly sort?: Sort | undefined;
  readonly onSort?: (sort: Sort) => void;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
    getItemKey: (index) => keyOf(rows[index] as T), // the virtualizer asks for existing rows only
  });
  const height = Math.min(rows.length, MOST_SHOWN) * ROW_PX;
  return (
    <div className="table" role="table" aria-label={label} aria-rowcount={rows.length + 1} style={widthsOf(columns)}>
      <div role="rowgroup" className="table-head">
        <div role="row" className="row" aria-rowindex={1}>
          {columns.map((column) => (
            <Head key={column.key} column={column} sort={sort} onSort={onSort} />
          ))}
        </div>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls it with the keyboard */}
      <div role="rowgroup" className="table-body" ref={scroller} tabIndex={0} style={{ height }}>
        <div className="table-all" role="presentation" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            return (
              <div
                key={item.key}
                role="row"
                className="row"
                aria-rowindex={item.index + 2}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                {columns.map((column) => (
                  <div key={column.key} role="cell" className={classOf(column)}>
                    {column.cell(row)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function Head<T>({
  column,
  sort,
  onSort,
}: {
  readonly column: Column<T>;
  readonly sort: Sort | undefined;
  readonly onSort: ((sort: Sort) => void) | undefined;
}) {
  const { t } = useText();
  const { key, title, isSortable, head } = column;
  const isUp = sort === key;
  const isDown = sort === `-${key}`;
  const direction = isUp ? 'ascending' : isDown ? 'descending' : undefined;
  return (
    <div role="columnheader" className={classOf(column)} {...(direction && { 'aria-sort': direction })}>
      {isSortable === true && onSort !== undefined ? (
        <button
          type="button"
          className="sort"
          title={t('sort.by', { name: title })}
          onClick={() => onSort(isUp ? `-${key}` : key)}
        >
          {title}
          <span aria-hidden="true">{isUp ? ' ▲' : isDown ? ' ▼' : ''}</span>
        </button>
      ) : (
        (head ?? title)
      )}
    </div>
  );
}

function classOf<T>({ isWide, isNumber }: Column<T>): string {
  return ['cell', isWide === true ? 'wide' : '', isNumber === true ? 'number' : '']
    .filter((one) => one !== '')
    .join(' ');
}

function widthsOf<T>(columns: readonly Column<T>[]): CSSProperties {
  const narrow = columns.filter(({ isWide }) => isWide !== true);
  return {
    '--columns': columns.map(({ width }) => width).join(' '),
    '--columns-narrow': narrow.map(({ width }) => shrinking(width)).join(' '),
  } as CSSProperties;
}

/** On a narrow screen every column may become smaller than it should be. */
function shrinking(width: string): string {
  const [, most] = /^minmax\([^,]+,\s*([^)]+)\)$/.exec(width) ?? [];
  return `minmax(0, ${most ?? width})`;
}
