/** A data frame: a real table, sorted by a press on a column's name, a page at a time. */

import { useMemo, useRef, useState } from 'preact/hooks';

import { useContent, useIsNear, useText } from './content.js';
import { Absent, Download, nameOf } from './shared.js';
import type { ElementProps } from './shared.js';
import { readFrame, sorted } from './table.js';
import type { Frame, Sorting } from './table.js';

const PAGE_ROWS = 25;

export function DataTable({ element, isLarge = false }: ElementProps) {
  const place = useRef<HTMLElement>(null);
  const content = useContent(element, useIsNear(place));
  const text = useText(content);
  const frame = useMemo(() => (text === null ? null : tryRead(text)), [text]);
  const name = nameOf(element);
  return (
    <section class={`jcs-frame ${isLarge ? 'jcs-whole' : ''}`} aria-label={name} ref={place}>
      {!isLarge && <div class="jcs-element-name">{name}</div>}
      {text === null ? (
        <Absent element={element} content={content} />
      ) : frame === null ? (
        <span class="jcs-hint">
          This table cannot be read. <Download element={element} />
        </span>
      ) : (
        <Rows
          frame={frame}
          name={name}
          rowCount={Number(element.props?.['rows'] ?? frame.rows.length)}
          columnCount={Number(element.props?.['columns'] ?? 0)}
        />
      )}
    </section>
  );
}

function tryRead(text: string): Frame | null {
  try {
    return readFrame(text);
  } catch {
    return null;
  }
}

interface RowsProps {
  readonly frame: Frame;
  readonly name: string;
  /** How many there are, with those that are not shown. */
  readonly rowCount: number;
  readonly columnCount: number;
}

function Rows({ frame, name, rowCount, columnCount }: RowsProps) {
  const [sorting, setSorting] = useState<Sorting | null>(null);
  const [wanted, setPage] = useState(0);
  const rows = useMemo(() => sorted(frame, sorting), [frame, sorting]);
  const pages = Math.max(1, Math.ceil(rows.length / PAGE_ROWS));
  const page = Math.min(wanted, pages - 1);
  const sort = (column: number): void => {
    setPage(0);
    if (sorting?.column !== column) setSorting({ column, isDescending: false });
    else setSorting(sorting.isDescending ? null : { column, isDescending: true });
  };
  const orderOf = (column: number): 'none' | 'ascending' | 'descending' =>
    sorting?.column !== column ? 'none' : sorting.isDescending ? 'descending' : 'ascending';
  return (
    <>
      <div class="jcs-frame-rows" tabIndex={0} role="group" aria-label={`Rows of ${name}`}>
        <table>
          <thead>
            <tr>
              {frame.columns.map((column, at) => (
                <th key={at} scope="col" aria-sort={orderOf(at)} class={frame.isNumeric[at] === true ? 'jcs-number' : ''}>
                  <button type="button" class="jcs-sort" onClick={() => sort(at)}>
                    {column === '' ? <span class="jcs-unseen">Index</span> : column}
                    <svg viewBox="0 0 16 16" aria-hidden="true">
                      <path d={SIGNS[orderOf(at)]} />
                    </svg>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(page * PAGE_ROWS, (page + 1) * PAGE_ROWS).map((row, at) => (
              <tr key={at}>
                {frame.columns.map((_, column) => {
                  const value = row[column];
                  const text = textOfCell(value);
                  const kind = frame.isNumeric[column] === true ? 'jcs-number' : '';
                  return column < frame.indexWidth ? (
                    <th key={column} scope="row" class={kind}>
                      {text}
                    </th>
                  ) : (
                    <td key={column} class={kind} title={text.length > 40 || text !== String(value ?? '') ? String(value) : undefined}>
                      {text}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div class="jcs-frame-foot">
        <span role="status">{extentText(frame, rowCount, columnCount)}</span>
        {pages > 1 && (
          <span class="jcs-choices" role="group" aria-label={`Pages of ${name}`}>
            <button type="button" class="jcs-quiet" disabled={page === 0} onClick={() => setPage(page - 1)}>
              Previous
            </button>
            <span class="jcs-clock">
              Page {count(page + 1)} of {count(pages)}
            </span>
            <button type="button" class="jcs-quiet" disabled={page === pages - 1} onClick={() => setPage(page + 1)}>
              Next
            </button>
          </span>
        )}
      </div>
    </>
  );
}

const SIGNS = { none: 'M5 6.5 8 3.5l3 3M5 9.5l3 3 3-3', ascending: 'M4.5 10 8 6l3.5 4', descending: 'M4.5 6 8 10l3.5-4' };

/** How much of a table there is to see; of its columns only where some are left out. */
function extentText(frame: Frame, rowCount: number, columnCount: number): string {
  const [rows, columns] = [frame.rows.length, frame.columns.length - frame.indexWidth];
  const isPart = rowCount > rows || columnCount > columns;
  const ofRows = rowCount > rows ? `${count(rows)} of ${count(rowCount)} rows` : `${count(rows)} ${rows === 1 ? 'row' : 'rows'}`;
  const ofColumns = columnCount > columns ? `, ${count(columns)} of ${count(columnCount)} columns` : '';
  return `${ofRows}${ofColumns}${isPart ? ' shown' : ''}`;
}

function textOfCell(value: string | number | boolean | null | undefined): string {
  if (value == null) return '';
  // As many digits as anybody reads; all of them stand in its title.
  return typeof value === 'number' && !Number.isInteger(value) ? String(Number(value.toPrecision(6))) : String(value);
}

function count(number: number): string {
  return number.toLocaleString();
}
