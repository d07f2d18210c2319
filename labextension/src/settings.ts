/**
 * The form of a chat's settings, as the state has it: read, and what its fields show.
 * The one rule: what comes from the wire may be anything; what leaves here is a form that can be shown.
 */

import { isRecord } from './frames.js';

export interface Choice {
  readonly label: string;
  readonly value: string;
}

interface Common {
  readonly id: string;
  readonly label: string;
  readonly initial: unknown;
  readonly tooltip: string;
  readonly description: string;
  readonly isDisabled: boolean;
}

export type Field = Common &
  (
    | { readonly type: 'switch' | 'checkbox' | 'tags' }
    | { readonly type: 'slider'; readonly min: number; readonly max: number; readonly step: number }
    | { readonly type: 'textinput'; readonly placeholder: string; readonly isMultiline: boolean }
    | { readonly type: 'numberinput'; readonly placeholder: string }
    | { readonly type: 'select' | 'radio' | 'multiselect'; readonly choices: readonly Choice[] }
    | { readonly type: 'datepicker'; readonly isRange: boolean; readonly min: string; readonly max: string }
  );

export type FieldOf<Type extends Field['type']> = Extract<Field, { readonly type: Type }>;

/** Fields that are shown together; those that are in no tab have no name. */
export interface Group {
  readonly id: string;
  readonly label: string | null;
  readonly fields: readonly Field[];
}

export type Values = Readonly<Record<string, unknown>>;

export interface Form {
  readonly groups: readonly Group[];
  readonly fields: readonly Field[];
  readonly values: Values;
  /** The author wants to know of changes before they are saved. */
  readonly isLive: boolean;
}

/** Read the state's key `settings`; null where there is no form. Fields of kinds that this side does not know are left out. */
export function readForm(state: unknown): Form | null {
  if (!isRecord(state) || !Array.isArray(state['inputs'])) return null;
  const inputs: readonly unknown[] = state['inputs'];
  const loose = inputs.map(readField).filter(isThere);
  const tabs = inputs.map(readTab).filter(isThere);
  const groups = [...(loose.length > 0 ? [{ id: '', label: null, fields: loose }] : []), ...tabs];
  const fields = groups.flatMap((group) => group.fields);
  if (fields.length === 0) return null;
  const values = isRecord(state['values']) ? state['values'] : {};
  return { groups, fields, values, isLive: state['isLive'] === true };
}

/** What a field shows: the first of several values that it can show. */
export function shownValue(field: Field, ...layers: readonly Values[]): unknown {
  for (const layer of layers) {
    if (Object.hasOwn(layer, field.id) && canShow(field, layer[field.id])) return layer[field.id];
  }
  return canShow(field, field.initial) ? field.initial : nothingOf(field);
}

/** Those of the values that a field of the form can show. */
export function fitting(form: Form, values: Values): Values {
  const fields = form.fields.filter((field) => Object.hasOwn(values, field.id) && canShow(field, values[field.id]));
  return Object.fromEntries(fields.map((field) => [field.id, values[field.id]]));
}

/** Why a value cannot be saved, in words; null where it can. */
export function problemWith(field: Field, value: unknown): string | null {
  switch (field.type) {
    case 'slider':
      return typeof value !== 'number' || value < field.min || value > field.max
        ? `A number from ${field.min} to ${field.max}.`
        : null;
    case 'numberinput':
      return typeof value === 'number' || value === null ? null : 'A number.';
    case 'datepicker':
      return problemWithDates(field, value);
    default:
      return null;
  }
}

function problemWithDates(field: FieldOf<'datepicker'>, value: unknown): string | null {
  if (value === null) return null;
  const dates: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (dates.includes('')) return 'Both dates, or none.';
  const [first, last] = [String(dates[0]), String(dates.at(-1))];
  if (first > last) return 'The first date comes before the last.';
  if (field.min !== '' && first < field.min) return `Not before ${field.min}.`;
  return field.max !== '' && last > field.max ? `Not after ${field.max}.` : null;
}

/** Whether a field can show a value. What cannot be saved can still be shown while somebody types it. */
function canShow(field: Field, value: unknown): boolean {
  switch (field.type) {
    case 'switch':
    case 'checkbox':
      return typeof value === 'boolean';
    case 'slider':
    case 'numberinput':
      return typeof value === 'number' || value === null;
    case 'textinput':
      return typeof value === 'string' || value === null;
    case 'select':
    case 'radio':
      return (value === null && field.initial === null) || field.choices.some((choice) => choice.value === value);
    case 'multiselect':
      return areTexts(value) && value.every((each) => field.choices.some((choice) => choice.value === each));
    case 'tags':
      return areTexts(value);
    case 'datepicker':
      if (value === null) return true;
      return field.isRange ? areTexts(value) && value.length === 2 : typeof value === 'string';
  }
}

function nothingOf(field: Field): unknown {
  switch (field.type) {
    case 'switch':
    case 'checkbox':
      return false;
    case 'slider':
      return field.min;
    case 'multiselect':
    case 'tags':
      return [];
    default:
      return null;
  }
}

function readTab(input: unknown): Group | null {
  if (!isRecord(input) || !Array.isArray(input['inputs'])) return null;
  const fields = (input['inputs'] as readonly unknown[]).map(readField).filter(isThere);
  return fields.length === 0 ? null : { id: text(input['id']), label: text(input['label']), fields };
}

function readField(input: unknown): Field | null {
  if (!isRecord(input) || typeof input['id'] !== 'string') return null;
  const common: Common = {
    id: input['id'],
    label: text(input['label']) || input['id'],
    initial: input['initial'] ?? null,
    tooltip: text(input['tooltip']),
    description: text(input['description']),
    isDisabled: input['disabled'] === true,
  };
  const type = input['type'];
  switch (type) {
    case 'switch':
    case 'checkbox':
    case 'tags':
      return { ...common, type };
    case 'slider':
      return { ...common, type, min: number(input['min'], 0), max: number(input['max'], 10), step: number(input['step'], 1) };
    case 'textinput':
      return { ...common, type, placeholder: text(input['placeholder']), isMultiline: input['multiline'] === true };
    case 'numberinput':
      return { ...common, type, placeholder: text(input['placeholder']) };
    case 'select':
    case 'radio':
    case 'multiselect':
      return { ...common, type, choices: readChoices(input['items']) };
    case 'datepicker':
      return { ...common, type, isRange: input['mode'] === 'range', min: text(input['min_date']), max: text(input['max_date']) };
    default:
      return null;
  }
}

function readChoices(items: unknown): readonly Choice[] {
  const choices: readonly unknown[] = Array.isArray(items) ? items : [];
  return choices
    .map((item) => (isRecord(item) && typeof item['value'] === 'string' ? { label: text(item['label']), value: item['value'] } : null))
    .filter(isThere);
}

function areTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function isThere<T>(value: T | null): value is T {
  return value !== null;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function number(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
