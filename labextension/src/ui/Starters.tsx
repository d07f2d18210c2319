/** What one can begin with, until one has said something: buttons that say it. */

import { useState } from 'preact/hooks';

import { adopt } from '../adopt.js';
import type { Connection } from '../connection.js';
import { plainName } from '../markdown.js';
import { categoriesOf, chosenModes, startersOf } from '../offers.js';
import type { Starter } from '../offers.js';
import styles from '../style/starters.css?inline';
import { Picture } from './Picture.js';

adopt(styles);

export function Starters({ connection }: { readonly connection: Connection }) {
  const categories = categoriesOf(connection);
  const [opened, setOpened] = useState<string | null>(null);
  const starters = categories.length === 0 ? startersOf(connection) : (categories.find(({ label }) => label === opened)?.starters ?? []);
  const allowRemoteImages = connection.welcome?.channel.allowRemoteImages === true;
  const begin = ({ message, command }: Starter): void => {
    const modes = chosenModes(connection);
    connection.say(message, { ...(command != null && { command }), ...(Object.keys(modes).length > 0 && { modes }) });
  };
  return (
    <div class="jcs-starters" role="group" aria-label="Suggestions">
      {categories.length > 0 && (
        <div class="jcs-starter-row">
          {categories.map(({ label, icon }) => (
            <button
              key={label}
              type="button"
              class="jcs-quiet jcs-starter-category"
              aria-expanded={label === opened}
              onClick={() => setOpened(label === opened ? null : label)}
            >
              <Picture icon={icon} allowRemoteImages={allowRemoteImages} />
              {plainName(label)}
            </button>
          ))}
        </div>
      )}
      <div class="jcs-starter-row">
        {starters.map((starter, index) => (
          <button key={index} type="button" class="jcs-starter" title={starter.message} onClick={() => begin(starter)}>
            <Picture icon={starter.icon} allowRemoteImages={allowRemoteImages} />
            <bdi>{plainName(starter.label)}</bdi>
          </button>
        ))}
      </div>
    </div>
  );
}
