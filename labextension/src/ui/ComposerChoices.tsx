/**
 * What goes with a message: the command that it is marked with, found by `/` at its beginning or with a button, and the option of each mode.
 * What is written stays a textbox: the list of commands is led by its keys, and told of by `aria-activedescendant`.
 */

import type { MutableRef } from 'preact/hooks';
import { useEffect, useId, useState } from 'preact/hooks';

import { adopt } from '../adopt.js';
import type { Connection } from '../connection.js';
import { plainName } from '../markdown.js';
import { chosenModes, commandsOf, modesOf } from '../offers.js';
import type { Command } from '../offers.js';
import styles from '../style/choices.css?inline';
import { NOTHING_TO_CHOOSE } from './choosing.js';
import type { Choosing } from './choosing.js';
import { Picture } from './Picture.js';

adopt(styles);

export interface ComposerChoicesProps {
  readonly connection: Connection;
  readonly text: string;
  readonly write: (text: string) => void;
  readonly input: MutableRef<HTMLTextAreaElement | null>;
  readonly choosing: MutableRef<Choosing>;
}

export function ComposerChoices({ connection, text, write, input, choosing }: ComposerChoicesProps) {
  const commands = commandsOf(connection);
  const modes = modesOf(connection);
  const [isBrowsing, setIsBrowsing] = useState(false);
  /** The text at which the list was left with Escape. */
  const [leftAt, setLeftAt] = useState<string | null>(null);
  const [active, setActive] = useState(0);
  const list = useId();
  const chosen = chosenCommand(connection, commands);
  const picked = commands.find(({ id }) => id === chosen);

  const isAsked = text.startsWith('/') && text !== leftAt;
  const query = isAsked && !isBrowsing ? text.slice(1).toLowerCase() : '';
  const found = isBrowsing || isAsked ? commands.filter(({ id }) => id.toLowerCase().includes(query)) : [];
  const place = Math.min(active, found.length - 1);
  const isOpen = found.length > 0;

  const keep = (command: string | null): void => {
    const { session } = connection;
    if (session !== null) connection.choices = { ...connection.choices, session, offered: offeredBy(commands), command };
  };
  const leave = (): void => {
    setIsBrowsing(false);
    setLeftAt(text);
    setActive(0);
  };
  const pick = (command: Command): void => {
    keep(command.id);
    if (isAsked && !isBrowsing) write('');
    leave();
    input.current?.focus();
  };

  choosing.current = {
    onKey(event) {
      if (!isOpen) return false;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const command = found[place];
      if (step !== undefined) setActive((place + step + found.length) % found.length);
      else if ((event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey && command !== undefined) pick(command);
      else if (event.key === 'Escape') leave();
      else return false;
      event.preventDefault();
      return true;
    },
    beside: () => ({
      ...(picked !== undefined && { command: picked.id }),
      ...(modes.length > 0 && { modes: chosenModes(connection) }),
    }),
    onSent() {
      setIsBrowsing(false);
      setLeftAt(null);
      if (picked !== undefined && picked.persistent !== true) keep(null);
    },
  };
  useEffect(
    () => () => {
      choosing.current = NOTHING_TO_CHOOSE;
    },
    [choosing],
  );
  useEffect(() => {
    const element = input.current;
    if (element === null || commands.length === 0) return;
    element.setAttribute('aria-autocomplete', 'list');
    if (isOpen) {
      element.setAttribute('aria-controls', list);
      element.setAttribute('aria-activedescendant', `${list}-${place}`);
      document.getElementById(`${list}-${place}`)?.scrollIntoView?.({ block: 'nearest' });
    } else {
      element.removeAttribute('aria-controls');
      element.removeAttribute('aria-activedescendant');
    }
  });
  useEffect(() => {
    if (!isBrowsing) return undefined;
    const onPointer = (event: PointerEvent): void => {
      if (!(event.target instanceof Element) || event.target.closest('.jcs-choosing') === null) setIsBrowsing(false);
    };
    document.addEventListener('pointerdown', onPointer);
    return () => document.removeEventListener('pointerdown', onPointer);
  }, [isBrowsing]);

  if (commands.length === 0 && modes.length === 0) return null;
  const allowRemoteImages = connection.welcome?.channel.allowRemoteImages === true;
  return (
    <div class="jcs-choosing">
      <span class="jcs-unseen" role="status">
        {isOpen ? `${found.length} ${found.length === 1 ? 'command' : 'commands'}: choose with the arrow keys and Enter` : ''}
      </span>
      {isOpen && (
        <ul class="jcs-commands" role="listbox" id={list} aria-label="Commands">
          {found.map((command, index) => (
            <li
              key={command.id}
              id={`${list}-${index}`}
              role="option"
              aria-selected={index === place}
              // The focus stays where one writes.
              onPointerDown={(event) => event.preventDefault()}
              onPointerMove={() => setActive(index)}
              onClick={() => pick(command)}
            >
              <Picture icon={command.icon} allowRemoteImages={allowRemoteImages} />
              <bdi>{plainName(command.id)}</bdi>
              <span>{plainName(command.description)}</span>
            </li>
          ))}
        </ul>
      )}
      {commands.some(({ button }) => button !== true) && (
        <button
          type="button"
          class="jcs-quiet jcs-slash"
          aria-label="Commands"
          aria-expanded={isBrowsing}
          title="Commands: type / to find one"
          onClick={() => {
            setIsBrowsing(!isBrowsing);
            setActive(0);
            input.current?.focus();
          }}
        >
          /
        </button>
      )}
      {commands
        .filter(({ button }) => button === true)
        .map((command) => (
          <button
            key={command.id}
            type="button"
            class="jcs-quiet jcs-command"
            aria-pressed={command === picked}
            title={command.description === '' ? undefined : command.description}
            onClick={() => {
              keep(command === picked ? null : command.id);
              input.current?.focus();
            }}
          >
            <Picture icon={command.icon} allowRemoteImages={allowRemoteImages} />
            <bdi>{plainName(command.id)}</bdi>
          </button>
        ))}
      {picked !== undefined && picked.button !== true && (
        <span class="jcs-chip">
          <bdi>{plainName(picked.id)}</bdi>
          <button
            type="button"
            aria-label={`Take ${plainName(picked.id)} away`}
            title="Take it away"
            onClick={() => {
              keep(null);
              input.current?.focus();
            }}
          >
            <svg viewBox="0 0 16 16" aria-hidden="true">
              <path d="M4.5 4.5 11.5 11.5M11.5 4.5 4.5 11.5" />
            </svg>
          </button>
        </span>
      )}
      {modes.map((mode) => {
        const option = mode.options.find(({ id }) => id === chosenModes(connection)[mode.id]);
        return (
          <label key={mode.id} class="jcs-mode" title={option?.description ?? undefined}>
            <span>{plainName(mode.name)}</span>
            <select
              value={option?.id}
              onChange={(event) => {
                const { choices } = connection;
                connection.choices = { ...choices, modes: { ...choices.modes, [mode.id]: event.currentTarget.value } };
              }}
            >
              {mode.options.map(({ id, name }) => (
                <option key={id} value={id}>
                  {plainName(name)}
                </option>
              ))}
            </select>
          </label>
        );
      })}
    </div>
  );
}

/** Which commands there are, and which of them the author has chosen from the beginning. */
function offeredBy(commands: readonly Command[]): string {
  return JSON.stringify(commands.map(({ id, selected }) => [id, selected === true]));
}

/** The command that is chosen: what somebody chose of these commands in this session, else what the author chose. */
function chosenCommand(connection: Connection, commands: readonly Command[]): string | null {
  const { session, offered, command } = connection.choices;
  const isHere = session === connection.session;
  if (isHere && offered === offeredBy(commands)) return command ?? null;
  return commands.find(({ selected }) => selected === true)?.id ?? (isHere ? (command ?? null) : null);
}
