/** Asks for the variables that a chat requires of each viewer, such as an API key. */

import { useState } from 'preact/hooks';

import { adopt } from '../adopt.js';
import type { Connection } from '../connection.js';
import styles from '../style/env.css?inline';

adopt(styles);

export function EnvForm({ connection, names }: { readonly connection: Connection; readonly names: readonly string[] }) {
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [wasSent, setWasSent] = useState(false);
  const isWaiting = connection.pending.some((command) => command.type === 'env');
  const onSubmit = (event: Event): void => {
    event.preventDefault();
    setWasSent(true);
    connection.giveEnv(values);
  };
  return (
    <form class="jcs-env jcs-column" onSubmit={onSubmit} aria-label="What this chat needs">
      <h2>Before you start</h2>
      <p>
        This chat needs {names.length === 1 ? 'a value' : 'values'} of your own. {names.length === 1 ? 'It is' : 'They are'}{' '}
        kept in memory only: never stored, logged, or shown to anybody else.
      </p>
      {wasSent && !isWaiting && (
        <p class="jcs-refused" role="alert">
          Still missing: {names.join(', ')}
        </p>
      )}
      {names.map((name) => (
        <label key={name}>
          <span>{name}</span>
          <input
            type="password"
            autocomplete="off"
            spellcheck={false}
            value={values[name] ?? ''}
            onInput={(event) => setValues({ ...values, [name]: event.currentTarget.value })}
          />
        </label>
      ))}
      <button type="submit" class="jcs-primary" disabled={isWaiting}>
        Start the chat
      </button>
    </form>
  );
}
