/** Reads the vectors that the Python side reads too. */

import { readFileSync } from 'node:fs';

/** Return the vectors of a file; it is an error if there are none. */
export function vectors<T>(name: string): T[] {
  const found = JSON.parse(readFileSync(`../tests/vectors/${name}.json`, 'utf8')) as T[];
  if (found.length === 0) throw new Error(`tests/vectors/${name}.json is empty`);
  return found;
}

function isDefault(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '' || value === 0) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** Return plain data without what is at its default, so that both sides' ways of leaving things out compare equal. */
export function normalised(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalised);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => !isDefault(item))
      .map(([key, item]) => [key, normalised(item)]),
  );
}
