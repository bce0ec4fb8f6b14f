// The demo page: one inbox, delivered by the wire of the node's method, or by polling where that fails.
//
// This file joins the parts. inbox.js keeps the rows, connection.js brings what changes, tabs.js shares its stream
// among tabs, requests.js asks the server; people.js, list.js, publish.js, log.js and notices.js draw, each its
// own part of the page; words.js has the texts. Whatever happens changes the state first and draws afterwards.

import { Connection, RETRY_MS } from './connection.js';
import { element } from './elements.js';
import { Inbox } from './inbox.js';
import { announce, clearList, listenToList, renderList } from './list.js';
import { log, renderLog } from './log.js';
import { attempt, complain, onServerAnswers, renderProblems } from './notices.js';
import { makePeople, PEOPLE, renderPeople } from './people.js';
import { listenToForm, renderForm } from './publish.js';
import { logIn, requester } from './requests.js';
import { Tabs } from './tabs.js';
import { language, say, speak } from './words.js';

const PAGE_SIZE = 20;

const page = { user: null, hasEntered: false, state: null, filter: 'inbox', view: { more: false, oldest: 0 } };
const request = requester(() => page.user);
let inbox = new Inbox();
let connection = null;
let tabs = null;
let lastTurn = Promise.resolve();

// Whatever loads an inbox waits for what is loading one already, so that the last wish wins.
function inTurn(action) {
  lastTurn = lastTurn.catch(() => {}).then(action);
  return lastTurn;
}

async function loadPage(filter, before) {
  const from = before ? `&before=${before}` : '';
  return request('GET', `/v1/inbox?limit=${PAGE_SIZE}&filter=${filter}${from}`);
}

// How far down the inbox is loaded: rows below the oldest one wait for "load more".
function noteView(list) {
  const last = list.notifications.at(-1);
  const isEnd = !list.more || !last;
  page.view = { more: !isEnd, oldest: isEnd ? 0 : last.id };
}

async function loadInbox() {
  const list = await loadPage(page.filter);
  inbox = new Inbox(list);
  noteView(list);
  log('list', list.cursor, () => say('listed', { rows: list.notifications.length, unread: list.unread }));
  render();
}

// A page that was asked for before the inbox was loaded anew belongs to the old one.
async function loadMore() {
  const asked = inbox;
  const list = await asked.addPage(() => loadPage(page.filter, page.view.oldest));
  if (asked !== inbox) return;
  noteView(list);
  render();
}

async function mark(action, what) {
  await attempt(async () => {
    await request('POST', `/v1/inbox/${action}`, what);
    connection.hint();
  });
}

function renderTexts() {
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll('[data-text]')) node.textContent = say(node.dataset.text);
  for (const node of document.querySelectorAll('[data-label]')) node.setAttribute('aria-label', say(node.dataset.label));
  for (const node of document.querySelectorAll('[data-language]')) {
    node.setAttribute('aria-pressed', String(node.dataset.language === language));
  }
  if (page.state) element('connection-text').textContent = say(page.state);
}

function renderBell() {
  const text = say('bell', { count: inbox.unread });
  element('bell').setAttribute('aria-label', text);
  element('bell').title = say('bellHint', { bell: text });
  element('badge').hidden = inbox.unread === 0;
  element('badge').textContent = inbox.unread > 99 ? '99+' : String(inbox.unread);
  document.title = inbox.unread ? `(${inbox.unread}) allim` : 'allim';
}

function render() {
  renderBell();
  renderList(inbox.list(page.filter, page.view.oldest));
  element('more').hidden = !page.view.more;
  for (const button of document.querySelectorAll('[data-filter]')) {
    button.setAttribute('aria-pressed', String(button.dataset.filter === page.filter));
  }
  element('mark-all').disabled = inbox.unread === 0;
}

function renderAll() {
  renderTexts();
  renderLog();
  renderProblems();
  renderPeople(page.user);
  renderForm(page.user);
  render();
}

function onState(state) {
  if (['connected', 'shared', 'polling'].includes(state)) onServerAnswers();
  if (state === page.state) return;
  page.state = state;
  element('connection').dataset.state = state;
  element('connection-text').textContent = say(state);
}

function onEvent(name, data, cursor) {
  announce(inbox.applyEvent(name, data, cursor));
  log(name, cursor, () => data.title ?? data.reason ?? data.all ?? String(data.unread ?? ''));
  tabs.hint();
  render();
}

function onPoll(answer) {
  announce(inbox.applyPoll(answer));
  const count = answer.notifications.length + answer.marked.length;
  log('poll', answer.cursor, () => say('polled', { count }));
  if (count) tabs.hint();
  render();
}

function reload() {
  connection.close();
  return inTurn(async () => {
    connection.close();
    try {
      await loadInbox();
      connection.open();
      complain('alert', null);
    } catch (error) {
      complain('alert', error);
      connection.later(RETRY_MS * 2, reload);
    }
  });
}

function become(user) {
  return attempt(() => inTurn(async () => {
    if (user === page.user && page.hasEntered) return;
    connection.close();
    await logIn(user);
    localStorage.setItem('allim-demo-user', user);
    await enter(user);
  }));
}

async function enter(user) {
  connection.close();
  page.user = user;
  page.hasEntered = false;
  clearList();
  element('recipients').value = user;
  for (const id of ['workspace', 'bell', 'connection']) element(id).hidden = false;
  onState('connecting');
  await loadInbox();
  page.hasEntered = true;
  renderAll();
  connection.open();
}

function changeLanguage(wanted) {
  speak(wanted);
  const url = new URL(location.href);
  url.searchParams.set('lang', language);
  history.replaceState(null, '', url);
  renderAll();
}

// A first page can have rows that the stream never tells of, because they were withdrawn by then; so another
// filter is another list, with a cursor of its own. What is here already is shown meanwhile.
function setFilter(filter) {
  page.filter = filter;
  page.view = { more: false, oldest: 0 };
  render();
  return reload();
}

function listen() {
  for (const button of document.querySelectorAll('[data-language]')) {
    button.addEventListener('click', () => changeLanguage(button.dataset.language));
  }
  for (const button of document.querySelectorAll('[data-filter]')) {
    button.addEventListener('click', () => setFilter(button.dataset.filter));
  }
  element('mark-all').addEventListener('click', () => mark('read', { all: true }));
  element('more').addEventListener('click', () => attempt(loadMore));
  element('bell').addEventListener('click', () => {
    element('inbox-heading').focus();
    mark('seen', { all: true });
  });
  listenToList((action, id) => mark(action, { ids: [id] }));
  listenToForm({ request, onPublished: () => connection.hint() });
  // The cookie belongs to the whole browser: when another tab logs in as someone else, so does this one.
  window.addEventListener('storage', (event) => {
    if (event.key === 'allim-demo-user' && event.newValue) attempt(() => inTurn(() => enter(event.newValue)));
  });
}

// By which wire the node wants to be heard; without an answer, by the one that every node has.
async function chooseWire() {
  const { wire } = await request('GET', '/stats').catch(() => ({ wire: 'sse' }));
  connection.wire = wire;
}

function start() {
  speak(new URLSearchParams(location.search).get('lang') ?? navigator.language);
  connection = new Connection({
    onEvent, onPoll, onReset: reload, onState, request, cursor: () => inbox.cursor, leads: () => tabs.leads,
  });
  tabs = new Tabs({ onLead: () => { if (connection.isOpen) connection.open(); }, onHint: () => connection.hint() });
  makePeople(become);
  listen();
  renderAll();
  const user = localStorage.getItem('allim-demo-user');
  inTurn(chooseWire);
  if (PEOPLE.includes(user)) attempt(() => inTurn(() => enter(user)));
}

start();
