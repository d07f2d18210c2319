/** The rows of a data frame: read, sorted, taken apart into pages. */

export type Cell = string | number | boolean | null;

export interface Frame {
  /** The names of the index come first, where it is more than row numbers. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  readonly isNumeric: readonly boolean[];
  /** How many columns are the index. */
  readonly indexWidth: number;
}

export interface Sorting {
  readonly column: number;
  readonly isDescending: boolean;
}

/**
 * Read a data frame, as `{columns, index, data}`.
 *
 * @throws {SyntaxError} It is no data frame.
 */
export function readFrame(json: string): Frame {
  const { columns, index, data } = JSON.parse(json) as Record<string, unknown>;
  if (!Array.isArray(columns) || !Array.isArray(data)) throw new SyntaxError('no columns and data');
  const places: unknown[] = Array.isArray(index) ? index : [];
  const indexWidth = isRowNumbers(places) ? 0 : Math.max(1, ...places.slice(0, 1).map((place) => (Array.isArray(place) ? place.length : 1)));
  const rows = (data as unknown[]).map((row, at) => {
    const cells: unknown[] = Array.isArray(row) ? row : [row];
    const place = places[at];
    const own: unknown[] = indexWidth === 0 ? [] : Array.isArray(place) ? place : [place];
    return [...own, ...cells].map(cellOf);
  });
  const names = [...Array<string>(indexWidth).fill(''), ...(columns as unknown[]).map(nameOfColumn)];
  const isNumeric = names.map((_, column) => isNumericColumn(rows, column));
  return { columns: names, rows, isNumeric, indexWidth };
}

/** Sort rows by a column; what is not there comes last either way, and equal rows stay as they are. */
export function sorted(frame: Frame, sorting: Sorting | null): readonly (readonly Cell[])[] {
  if (sorting === null) return frame.rows;
  const { column, isDescending } = sorting;
  const compare = new Intl.Collator(undefined, { numeric: true }).compare;
  return [...frame.rows].sort((a, b) => {
    const [left, right] = [a[column] ?? null, b[column] ?? null];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    const order = typeof left === 'number' && typeof right === 'number' ? left - right : compare(String(left), String(right));
    return isDescending ? -order : order;
  });
}

function isRowNumbers(places: readonly unknown[]): boolean {
  return places.every((place, at) => place === at);
}

function nameOfColumn(name: unknown): string {
  return Array.isArray(name) ? name.map(String).join(' · ') : textOf(name);
}

function cellOf(value: unknown): Cell {
  return value === undefined || value === null || typeof value === 'number' || typeof value === 'boolean'
    ? (value ?? null)
    : textOf(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function isNumericColumn(rows: readonly (readonly Cell[])[], column: number): boolean {
  const values = rows.map((row) => row[column]).filter((value) => value != null);
  return values.length > 0 && values.every((value) => typeof value === 'number');
}
