/**
 * What a session's state says that a viewer may choose from.
 * The one rule: what has not the shape that it should is left out, so that whoever shows it need not ask.
 */

import type { Connection } from './connection.js';

export interface Profile {
  readonly name: string;
  readonly displayName: string;
  readonly markdownDescription: string;
  readonly icon?: string | null;
}

export interface Starter {
  readonly label: string;
  readonly message: string;
  readonly command?: string | null;
  readonly icon?: string | null;
}

export interface StarterCategory {
  readonly label: string;
  readonly icon?: string | null;
  readonly starters: readonly Starter[];
}

export interface Command {
  readonly id: string;
  readonly description: string;
  readonly icon?: string | null;
  readonly button?: boolean;
  readonly persistent?: boolean;
  readonly selected?: boolean;
}

export interface ModeOption {
  readonly id: string;
  readonly name: string;
  readonly description?: string | null;
  readonly default?: boolean;
}

export interface Mode {
  readonly id: string;
  readonly name: string;
  readonly options: readonly ModeOption[];
}

export function profilesOf(connection: Connection): readonly Profile[] {
  return all(connection, 'profiles', (each): each is Profile => hasTexts(each, 'name', 'displayName', 'markdownDescription'));
}

export function startersOf(connection: Connection): readonly Starter[] {
  return all(connection, 'starters', isStarter);
}

export function categoriesOf(connection: Connection): readonly StarterCategory[] {
  const isCategory = (each: unknown): each is StarterCategory => hasTexts(each, 'label') && isListOf(each['starters'], isStarter);
  return all(connection, 'starterCategories', isCategory);
}

export function commandsOf(connection: Connection): readonly Command[] {
  return all(connection, 'commands', (each): each is Command => hasTexts(each, 'id', 'description'));
}

export function modesOf(connection: Connection): readonly Mode[] {
  const isOption = (each: unknown): each is ModeOption => hasTexts(each, 'id', 'name');
  const isMode = (each: unknown): each is Mode =>
    hasTexts(each, 'id', 'name') && isListOf(each['options'], isOption) && each['options'].length > 0;
  return all(connection, 'modes', isMode);
}

/** The option of each mode: what this tab has chosen, if it is still there, else the default. */
export function chosenModes(connection: Connection): Readonly<Record<string, string>> {
  const chosen = connection.choices.modes ?? {};
  return Object.fromEntries(
    modesOf(connection).map(({ id, options }) => {
      const known = options.find((option) => option.id === chosen[id]) ?? options.find((option) => option.default === true);
      return [id, (known ?? options[0])?.id ?? ''];
    }),
  );
}

function isStarter(value: unknown): value is Starter {
  return hasTexts(value, 'label', 'message');
}

function all<Item>(connection: Connection, key: string, is: (value: unknown) => value is Item): readonly Item[] {
  const found = connection.conversation?.state[key];
  return Array.isArray(found) ? found.filter(is) : [];
}

function isListOf<Item>(value: unknown, is: (each: unknown) => each is Item): value is readonly Item[] {
  return Array.isArray(value) && value.every(is);
}

function hasTexts(value: unknown, ...keys: readonly string[]): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && keys.every((key) => typeof (value as Record<string, unknown>)[key] === 'string');
}
