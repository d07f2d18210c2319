/** Which way of the chat one talks to: a button in the header, and the profiles that it opens. Another one is another conversation. */

import { useCallback, useEffect, useId, useRef, useState } from 'preact/hooks';

import { adopt } from '../adopt.js';
import type { Connection } from '../connection.js';
import { plainName } from '../markdown.js';
import { profilesOf } from '../offers.js';
import type { Profile } from '../offers.js';
import styles from '../style/profiles.css?inline';
import { Asking, wouldBeLost } from './Asking.js';
import { Markdown } from './Markdown.js';
import { Picture } from './Picture.js';

adopt(styles);

export function ProfilePicker({ connection }: { readonly connection: Connection }) {
  const profiles = profilesOf(connection);
  const allowRemoteImages = connection.welcome?.channel.allowRemoteImages === true;
  const [isOpen, setIsOpen] = useState(false);
  const [asked, setAsked] = useState<Profile | null>(null);
  const about = useId();
  const place = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const current = profiles.find(({ name }) => name === connection.profile);

  const close = useCallback((): void => {
    setIsOpen(false);
    setAsked(null);
  }, []);
  const leave = (): void => {
    close();
    button.current?.focus();
  };
  useEffect(() => {
    if (!isOpen) return undefined;
    place.current?.querySelector<HTMLElement>('[aria-pressed=true]')?.focus();
    const onPointer = (event: PointerEvent): void => {
      if (event.target instanceof Node && place.current?.contains(event.target) !== true) close();
    };
    document.addEventListener('pointerdown', onPointer);
    return () => document.removeEventListener('pointerdown', onPointer);
  }, [isOpen, close]);

  const begin = (profile: Profile): void => {
    leave();
    connection.newChat(profile.name);
  };
  const choose = (profile: Profile): void => {
    if (profile === current) leave();
    else if (wouldBeLost(connection)) {
      setIsOpen(false);
      setAsked(profile);
    } else begin(profile);
  };
  if (current === undefined) return null;
  return (
    <div
      class="jcs-profiles"
      ref={place}
      onKeyDown={(event) => {
        if (isOpen && event.key === 'Escape') leave();
        else if (isOpen && moveFocus(place.current, event.key)) event.preventDefault();
      }}
      onFocusOut={(event) => {
        if (event.relatedTarget instanceof Node && place.current?.contains(event.relatedTarget) !== true) close();
      }}
    >
      <button
        type="button"
        class="jcs-quiet jcs-profile"
        aria-label={`Chat profile: ${plainName(current.displayName)}`}
        aria-expanded={isOpen}
        title="Chat profile"
        ref={button}
        onClick={() => (isOpen ? close() : setIsOpen(true))}
      >
        <Picture icon={current.icon} allowRemoteImages={allowRemoteImages} />
        <span>{plainName(current.displayName)}</span>
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M4 6.5 8 10.5 12 6.5" />
        </svg>
      </button>
      {isOpen && (
        <div class="jcs-panel" role="group" aria-label="Chat profiles">
          <ul>
            {profiles.map((profile, index) => (
              <li key={profile.name} class={profile === current ? 'jcs-current' : ''}>
                <button
                  type="button"
                  class="jcs-profile-choice"
                  aria-pressed={profile === current}
                  aria-describedby={`${about}-${index}`}
                  onClick={() => choose(profile)}
                >
                  <Picture icon={profile.icon} allowRemoteImages={allowRemoteImages} />
                  <bdi>{plainName(profile.displayName)}</bdi>
                  {profile === current && (
                    <svg viewBox="0 0 16 16" aria-hidden="true">
                      <path d="M3 8.5 6.5 12 13 4.5" />
                    </svg>
                  )}
                </button>
                <div class="jcs-profile-about" id={`${about}-${index}`}>
                  <Markdown text={profile.markdownDescription} isStreaming={false} allowRemoteImages={allowRemoteImages} />
                </div>
              </li>
            ))}
          </ul>
        </div>
      )}
      {asked !== null && <Asking onKeep={leave} onEnd={() => begin(asked)} />}
    </div>
  );
}

/** Arrow keys go from profile to profile. */
function moveFocus(place: HTMLElement | null, key: string): boolean {
  const rows = [...(place?.querySelectorAll<HTMLElement>('.jcs-profile-choice') ?? [])];
  const here = rows.indexOf(document.activeElement as HTMLElement);
  const next = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: rows.length - 1 }[key];
  if (next === undefined || rows.length === 0) return false;
  rows[Math.min(rows.length - 1, Math.max(0, next))]?.focus();
  return true;
}
