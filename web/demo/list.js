// Draws the rows of the inbox. A row is drawn anew only when it changed, so that focus and reading position
// survive what others do; and where the button that was pressed is gone afterwards, focus finds a place nearby.

import { element, make } from './elements.js';
import { isUnread } from './inbox.js';
import { language, relativeTime, say } from './words.js';

const drawn = new Map(); // by id: the element, and what it shows
const arrived = new Set(); // ids of those that came while the page was open

// Only what a browser can open harmlessly: http, https, or a path on this server.
function safeLink(link) {
  if (!link) return null;
  try {
    const url = new URL(link, location.origin);
    return ['http:', 'https:'].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

function actionButton(row, key, action) {
  const button = make('button', null, say(key));
  button.type = 'button';
  button.dataset.action = action;
  button.setAttribute('aria-label', say('about', { action: say(key), title: row.title }));
  return button;
}

function rowActions(row) {
  const actions = make('div', 'row-actions');
  const link = safeLink(row.link);
  if (link) {
    const anchor = make('a', null, say('open'));
    anchor.href = link;
    anchor.target = '_blank';
    anchor.rel = 'noopener noreferrer';
    anchor.setAttribute('aria-label', say('about', { action: say('open'), title: row.title }));
    actions.append(anchor);
  }
  if (isUnread(row)) actions.append(actionButton(row, 'markRead', 'read'));
  if (!row.archived_at) actions.append(actionButton(row, 'archive', 'archive'));
  return actions;
}

function rowFacts(row) {
  const facts = make('p', 'row-facts');
  const time = make('time', null, relativeTime(row.created_at));
  time.dateTime = row.created_at;
  time.title = new Date(row.created_at).toLocaleString(language);
  const state = row.archived_at ? 'isArchived' : row.read_at ? 'isRead' : 'unread';
  if (isUnread(row) && !row.seen_at) facts.append(make('span', 'mark new', say('isNew')));
  facts.append(make('span', 'row-state', say(state)), time, make('span', 'row-type', row.type));
  if (row.priority !== 'normal') facts.append(make('span', `mark ${row.priority}`, say(row.priority)));
  if (row.everyone) facts.append(make('span', 'mark', say('toEveryone')));
  return facts;
}

function rowElement(row) {
  const version = `${language} ${JSON.stringify(row)}`;
  const known = drawn.get(row.id);
  if (known?.version === version) return known.item;
  const item = known?.item ?? make('li');
  item.className = `row${isUnread(row) ? ' unread' : ''}${!known && arrived.has(row.id) ? ' arrived' : ''}`;
  item.dataset.id = row.id;
  item.tabIndex = -1;
  const text = make('div');
  text.append(make('h3', 'row-title', row.title));
  if (row.body) text.append(make('p', 'row-body', row.body));
  text.append(rowFacts(row));
  item.replaceChildren(text, rowActions(row));
  drawn.set(row.id, { version, item });
  return item;
}

// The button that was pressed may be gone after drawing; focus then goes to its row, or to the one in its place.
export function renderList(rows) {
  const list = element('list');
  const focused = document.activeElement?.closest?.('.row');
  const place = focused ? [...list.children].indexOf(focused) : -1;
  const items = rows.map(rowElement);
  items.forEach((item, index) => {
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
  });
  while (list.children.length > items.length) list.lastChild.remove();
  if (focused && !list.contains(document.activeElement)) {
    (list.contains(focused) ? focused : list.children[place] ?? element('inbox-heading')).focus();
  }
  element('empty').hidden = items.length > 0;
}

export function clearList() {
  drawn.clear();
  arrived.clear();
  element('list').replaceChildren();
}

// Says what came, to those who hear the page, and lets those rows show it when they are drawn.
export function announce(arrivals) {
  for (const { id } of arrivals) arrived.add(id);
  if (arrivals.length) element('announcer').textContent = say('arrived', { title: arrivals.at(-1).title });
}

// Calls onAction(action, id) when a row's button is pressed.
export function listenToList(onAction) {
  element('list').addEventListener('click', ({ target }) => {
    const button = target.closest('[data-action]');
    if (button) onAction(button.dataset.action, Number(button.closest('.row').dataset.id));
  });
  // Relative times grow old on the page.
  setInterval(() => {
    for (const node of element('list').querySelectorAll('time')) node.textContent = relativeTime(node.dateTime);
  }, 30000);
}
