// The form that publishes. The server's limits count bytes, not characters, so they are looked at here and not by
// `maxlength`; and each notification has an idempotency key, so that one which is sent twice is published once.

import { element } from './elements.js';
import { attempt } from './notices.js';
import { nameOf, PEOPLE } from './people.js';
import { say } from './words.js';

// A page that exists, wherever this one runs.
const LINK_EXAMPLE = 'https://example.com/orders/17';
// notification.title_bytes and so on.
const MOST_BYTES = { title: 500, body: 10000, type: 64, link: 2000 };
let sent = null;

function renderSent() {
  element('sent').textContent = sent ? say('sent', { id: sent }) : '';
}

function checkLength(field) {
  const bytes = new TextEncoder().encode(field.value).length;
  const most = MOST_BYTES[field.name];
  field.setCustomValidity(bytes > most ? say('tooLong', { bytes, most }) : '');
}

function renderRecipients(me) {
  const recipients = element('recipients');
  const chosen = recipients.value || me;
  recipients.replaceChildren(...PEOPLE.map((user) => new Option(nameOf(user), user)), new Option(say('everyone'), '*'));
  recipients.value = chosen || PEOPLE[0];
}

export function renderForm(me) {
  renderRecipients(me);
  for (const name of Object.keys(MOST_BYTES)) checkLength(element('publish').elements[name]);
  renderSent();
}

function contentOf(form) {
  const { to, type, title, body, priority, link } = Object.fromEntries(new FormData(form));
  const content = { to: to === '*' ? { everyone: true } : { user: to }, type, title, body, priority };
  return link ? { ...content, link } : content;
}

async function publish(form, request) {
  const answer = await request('POST', '/v1/notifications', contentOf(form),
    { 'Idempotency-Key': crypto.randomUUID() });
  sent = answer.id;
  form.elements.title.value = '';
  form.elements.body.value = '';
  form.elements.title.focus();
}

// `request` as requests.js has it; onPublished() is called after each notification.
export function listenToForm({ request, onPublished }) {
  const form = element('publish');
  form.elements.link.placeholder = LINK_EXAMPLE;
  for (const name of Object.keys(MOST_BYTES)) {
    form.elements[name].addEventListener('input', (event) => checkLength(event.target));
  }
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    sent = null;
    await attempt(async () => {
      await publish(form, request);
      onPublished();
    }, 'publish-alert');
    renderSent();
  });
}
