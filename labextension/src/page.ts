/** The chat as a page of its own. */

import { joinParent } from './around.js';
import { mount } from './chat.js';

interface PageConfig {
  readonly baseUrl: string;
  readonly channel: string;
}

const config = JSON.parse(document.getElementById('chat-sessions-config')?.textContent ?? '{}') as PageConfig;
const root = document.getElementById('chat');
if (root !== null) {
  root.classList.add('jcs-page');
  joinParent(root);
  mount(root, { channel: config.channel, title: config.channel, baseUrl: config.baseUrl });
}
