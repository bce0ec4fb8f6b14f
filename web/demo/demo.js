// The demo page: one inbox, delivered by Server-Sent Events, or by polling where those fail.
//
// It obeys the rule of delivery in four steps. The list is loaded first, with its cursor. The stream
// then opens after that cursor, so nothing falls between the two. Whatever arrives is put in by its id,
// and dropped when it is not newer than what is already here, so an overlap shows nothing twice. And each
// event moves the cursor that the next connection hands in. `Inbox` holds the rule, `Connection` the
// transport, and the functions below them the page. Data reaches the page as text, never as markup.

const STRINGS = {
  en: {
    skip: 'Skip to the inbox', language: 'Language',
    whoAreYou: 'Who are you?', whoHint: 'One click logs you in. Open a second tab to see both stay in step.',
    you: 'You are {name}.', notYou: 'Log in as {name}',
    inbox: 'Inbox', show: 'Show', filterInbox: 'Inbox', filterUnread: 'Unread', filterArchived: 'Archived',
    markRead: 'Mark as read', markAllRead: 'Mark all as read', archive: 'Archive', open: 'Open link',
    about: '{action}: {title}', empty: 'Nothing here yet.', loadMore: 'Load more',
    unread: 'Unread', isRead: 'Read', isArchived: 'Archived', toEveryone: 'To everyone',
    bell: { one: '{count} unread notification', other: '{count} unread notifications' },
    arrived: 'New notification: {title}',
    publish: 'Publish', to: 'To', everyone: 'Everyone', title: 'Title', body: 'Message', type: 'Type',
    priority: 'Priority', low: 'Low', normal: 'Normal', high: 'High', urgent: 'Urgent',
    link: 'Link (optional)', send: 'Send', sent: 'Sent as notification {id}.',
    connecting: 'Connecting', connected: 'Connected', reconnecting: 'Reconnecting', polling: 'Polling',
    offline: 'Offline',
    underneath: 'What happens underneath',
    underneathHint: 'Each event and the cursor it moves this page to. After a break the page hands in its last cursor and gets what it missed.',
    failed: 'That did not work: {detail}', unreachable: 'the server does not answer.',
  },
  ko: {
    skip: '받은 알림으로 건너뛰기', language: '언어',
    whoAreYou: '누구로 시작할까요?', whoHint: '한 번 누르면 로그인됩니다. 탭을 하나 더 열면 두 탭이 함께 움직이는 것을 볼 수 있습니다.',
    you: '{name} 님으로 로그인했습니다.', notYou: '{name} 님으로 로그인',
    inbox: '받은 알림', show: '보기', filterInbox: '받은 알림', filterUnread: '읽지 않음', filterArchived: '보관함',
    markRead: '읽음으로 표시', markAllRead: '모두 읽음으로 표시', archive: '보관', open: '링크 열기',
    about: '{action}: {title}', empty: '아직 알림이 없습니다.', loadMore: '더 보기',
    unread: '읽지 않음', isRead: '읽음', isArchived: '보관됨', toEveryone: '전체 공지',
    bell: { other: '읽지 않은 알림 {count}개' },
    arrived: '새 알림: {title}',
    publish: '알림 보내기', to: '받는 사람', everyone: '모두', title: '제목', body: '내용', type: '종류',
    priority: '중요도', low: '낮음', normal: '보통', high: '높음', urgent: '긴급',
    link: '링크 (선택)', send: '보내기', sent: '{id}번 알림으로 보냈습니다.',
    connecting: '연결하는 중', connected: '연결됨', reconnecting: '다시 연결하는 중', polling: '주기적으로 확인 중',
    offline: '연결 끊김',
    underneath: '내부에서 일어나는 일',
    underneathHint: '이벤트마다 이 페이지의 커서가 어디로 옮겨지는지 보여 줍니다. 연결이 끊겼다가 돌아오면 마지막 커서를 내고 놓친 알림을 받습니다.',
    failed: '처리하지 못했습니다: {detail}', unreachable: '서버가 응답하지 않습니다.',
  },
};

const PEOPLE = ['test', 'anna', 'minjun', 'sofia'];
const STATE_TIMES = ['seen_at', 'read_at', 'archived_at'];
const MARK_TIMES = { seen: 'seen_at', read: 'read_at', archive: 'archived_at', archived: 'archived_at' };
const FILTERS = {
  inbox: (row) => !row.archived_at,
  unread: (row) => isUnread(row),
  archived: (row) => Boolean(row.archived_at),
};
const PAGE_SIZE = 20;
const LOG_LINES = 60;
const RETRY_FIRST_MS = 1000;
const RETRY_LONGEST_MS = 30000;
const STREAM_FAILURES_BEFORE_POLLING = 3;
const POLL_WAIT_SECONDS = 25;
const POLLS_BEFORE_STREAM = 4;

// --- The rule of delivery ---

function isUnread(row) {
  return !row.read_at && !row.archived_at && !row.withdrawn_at;
}

// A broadcast carries a seq of everyone's stream until its user touches it, so only the seqs of two rows
// in the same stream compare.
function isStale(row, known) {
  if (!known) return false;
  const touched = STATE_TIMES.some((time) => row[time] || known[time]);
  return !(row.everyone && touched) && row.seq <= known.seq;
}

export class Inbox {
  constructor() {
    this.clear();
  }

  clear() {
    this.rows = new Map();
    this.unread = 0;
    this.cursor = null;
  }

  // Takes a list as the whole truth: what was here came from before it.
  replace(list) {
    this.clear();
    this.addPage(list);
    this.unread = list.unread;
    this.cursor = list.cursor;
  }

  // Takes rows of an older page. The cursor stays: changes since then still come by the stream.
  addPage(list) {
    for (const row of list.notifications) this.put(row);
  }

  // Returns whether the row was news. A state that was reached is never left, so times only get filled in.
  put(row) {
    const known = this.rows.get(row.id);
    if (isStale(row, known)) return false;
    const merged = { ...row };
    for (const time of STATE_TIMES) merged[time] = row[time] ?? known?.[time] ?? null;
    this.rows.set(row.id, merged);
    return true;
  }

  // "Mark all" is one change for every row that was there when it happened.
  markAll({ all, at, seq, everyone_up_to: lastBroadcast }) {
    const time = MARK_TIMES[all];
    for (const row of this.rows.values()) {
      const wasThere = row.everyone ? row.id <= lastBroadcast : row.seq < seq;
      if (time && wasThere && !row[time]) row[time] = at;
    }
  }

  apply(name, data, cursor) {
    let isNews = true;
    if (name === 'notification') {
      const wasKnown = this.rows.has(data.id);
      isNews = this.put(data);
      if (isNews && !wasKnown && isUnread(data)) this.unread += 1;
    } else if (name === 'change' && data.all) {
      this.markAll(data);
    } else if (name === 'change') {
      isNews = this.put(data);
    }
    if (typeof data.unread === 'number') this.unread = data.unread;
    if (cursor) this.cursor = cursor;
    return isNews;
  }

  // Takes a poll's answer. Returns the rows that came and were not here before.
  applyPoll(answer) {
    const arrived = answer.notifications.filter((row) => !this.rows.has(row.id) && isUnread(row));
    for (const row of answer.notifications) this.put(row);
    for (const mark of answer.marked ?? []) this.markAll(mark);
    this.unread = answer.unread;
    this.cursor = answer.cursor;
    return arrived;
  }

  // Newest first. Rows below `oldest` belong to pages of this view that are not loaded yet.
  list(filter, oldest) {
    return [...this.rows.values()]
      .filter((row) => !row.withdrawn_at && row.id >= oldest && FILTERS[filter](row))
      .sort((a, b) => b.id - a.id);
  }
}

// --- The transport ---

// Keeps one inbox up to date. `handlers`: onEvent(name, data, cursor) for each event, onPoll(answer),
// onReset() when the list must be loaded again, onState(name), cursor() for where to go on, and
// request(method, path). An EventSource reconnects by itself until the server answers with
// anything but a stream; then it is closed for good and this class takes over.
class Connection {
  constructor(handlers) {
    this.handlers = handlers;
    this.source = null;
    this.timer = null;
    this.failures = 0;
    this.generation = 0;
  }

  open() {
    this.close();
    const generation = this.generation;
    const after = encodeURIComponent(this.handlers.cursor());
    const source = new EventSource(`/v1/inbox/stream?after=${after}`);
    this.source = source;
    this.handlers.onState(this.failures ? 'reconnecting' : 'connecting');
    source.onopen = () => {
      this.failures = 0;
      this.handlers.onState('connected');
    };
    source.onerror = () => this.onStreamError(source);
    for (const name of ['notification', 'change', 'count', 'reset']) {
      source.addEventListener(name, (event) => {
        if (generation !== this.generation) return;
        const data = JSON.parse(event.data);
        this.handlers.onEvent(name, data, event.lastEventId);
        if (name === 'reset') this.handlers.onReset();
      });
    }
  }

  close() {
    this.generation += 1;
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  onStreamError(source) {
    if (source !== this.source) return;
    this.handlers.onState('reconnecting');
    if (source.readyState !== EventSource.CLOSED) return;
    this.failures += 1;
    const delay = Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** (this.failures - 1));
    this.later(delay * (0.5 + Math.random() / 2), () => this.poll(0));
  }

  later(delay, action) {
    this.close();
    this.timer = setTimeout(action, delay);
  }

  // Polls once and tries the stream again; where that has failed too often, goes on with long polls and
  // tries the stream only after some of them.
  async poll(polls) {
    const generation = this.generation;
    const isFallback = this.failures >= STREAM_FAILURES_BEFORE_POLLING;
    this.handlers.onState(isFallback ? 'polling' : 'reconnecting');
    const after = encodeURIComponent(this.handlers.cursor());
    const wait = polls === 0 ? 0 : POLL_WAIT_SECONDS;
    try {
      const answer = await this.handlers.request('GET', `/v1/inbox?after=${after}&wait=${wait}`);
      if (generation !== this.generation) return;
      if (answer.reset) {
        this.handlers.onReset();
        return;
      }
      this.handlers.onPoll(answer);
      if (!isFallback || polls >= POLLS_BEFORE_STREAM) this.open();
      else this.later(answer.more ? 0 : RETRY_FIRST_MS, () => this.poll(polls + 1));
    } catch {
      if (generation !== this.generation) return;
      this.handlers.onState('offline');
      this.later(RETRY_FIRST_MS * 5, () => this.poll(0));
    }
  }

  // After this page changed something: a stream hears of it by itself, a poll asks now.
  nudge() {
    if (this.source) return;
    this.close();
    this.poll(0);
  }
}

// --- The page ---

const page = { language: 'en', user: null, hasEntered: false, filter: 'inbox', views: {}, elements: new Map() };
const inbox = new Inbox();
let connection = null;
let lastTurn = Promise.resolve();

// Whatever loads an inbox waits for what is loading one already, so that the last wish wins.
function inTurn(action) {
  lastTurn = lastTurn.catch(() => {}).then(action);
  return lastTurn;
}

const element = (id) => document.getElementById(id);

function say(key, values = {}) {
  let text = STRINGS[page.language][key];
  if (typeof text === 'object') {
    text = text[new Intl.PluralRules(page.language).select(values.count)] ?? text.other;
  }
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function nameOf(user) {
  return user.charAt(0).toUpperCase() + user.slice(1);
}

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

function relativeTime(text) {
  const seconds = Math.min(0, (Date.parse(text) - Date.now()) / 1000);
  const format = new Intl.RelativeTimeFormat(page.language, { numeric: 'auto' });
  const units = [['day', 86400], ['hour', 3600], ['minute', 60]];
  for (const [unit, length] of units) {
    if (-seconds >= length) return format.format(Math.trunc(seconds / length), unit);
  }
  return format.format(0, 'second');
}

function complain(error) {
  const alert = element('alert');
  alert.hidden = !error;
  alert.textContent = error ? say('failed', { detail: error.message }) : '';
}

// --- Requests ---

async function fetchJson(method, path, body, headers = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: body ? { 'Content-Type': 'application/json', ...headers } : headers,
      body: body && JSON.stringify(body),
      credentials: 'same-origin',
      cache: 'no-store',
    });
  } catch {
    throw new Error(say('unreachable'));
  }
  const content = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
  if (answer.ok) return content;
  throw Object.assign(new Error(content.detail ?? content.title ?? String(answer.status)), { status: answer.status });
}

function logIn(user) {
  return fetchJson('POST', '/api/user/login', { username: user, password: user });
}

// The demo server forgets its sessions when it restarts with a new secret: log in once more, then repeat.
async function request(method, path, body, headers) {
  try {
    return await fetchJson(method, path, body, headers);
  } catch (error) {
    if (error.status !== 401 || !page.user) throw error;
    await logIn(page.user);
    return fetchJson(method, path, body, headers);
  }
}

async function attempt(action) {
  try {
    complain(null);
    return await action();
  } catch (error) {
    complain(error);
    return null;
  }
}

async function loadPage(filter, before) {
  const from = before ? `&before=${before}` : '';
  return request('GET', `/v1/inbox?limit=${PAGE_SIZE}&filter=${filter}${from}`);
}

// How far down a view is loaded: rows below its oldest one wait for "load more".
function noteView(filter, list) {
  const last = list.notifications.at(-1);
  const isEnd = !list.more || !last;
  page.views[filter] = { more: !isEnd, oldest: isEnd ? 0 : last.id };
}

async function loadInbox() {
  const list = await loadPage('inbox');
  page.views = {};
  inbox.replace(list);
  noteView('inbox', list);
  log('list', list.cursor, `${list.notifications.length} rows, ${list.unread} unread`);
  if (page.filter !== 'inbox') await loadView(page.filter);
  render();
}

async function loadView(filter, before) {
  const list = await loadPage(filter, before);
  inbox.addPage(list);
  noteView(filter, list);
}

async function mark(action, what) {
  await attempt(async () => {
    await request('POST', `/v1/inbox/${action}`, what);
    connection?.nudge();
  });
}

// --- Drawing ---

function log(name, cursor, detail = '') {
  const line = make('li');
  line.append(make('span', 'log-time', new Date().toLocaleTimeString(page.language)),
    make('span', 'log-name', name), make('span', 'log-detail', detail));
  if (cursor) line.append(make('span', 'log-cursor', cursor));
  element('log').prepend(line);
  while (element('log').children.length > LOG_LINES) element('log').lastChild.remove();
}

function renderTexts() {
  document.documentElement.lang = page.language;
  for (const node of document.querySelectorAll('[data-text]')) node.textContent = say(node.dataset.text);
  for (const node of document.querySelectorAll('[data-label]')) node.setAttribute('aria-label', say(node.dataset.label));
  for (const node of document.querySelectorAll('[data-language]')) {
    node.setAttribute('aria-pressed', String(node.dataset.language === page.language));
  }
}

function renderPeople() {
  for (const button of element('people').children) {
    const isMe = button.dataset.user === page.user;
    const name = nameOf(button.dataset.user);
    button.setAttribute('aria-pressed', String(isMe));
    button.setAttribute('aria-label', isMe ? say('you', { name }) : say('notYou', { name }));
  }
  const recipients = element('recipients');
  const chosen = recipients.value || page.user;
  recipients.replaceChildren(...PEOPLE.map((user) => new Option(nameOf(user), user)), new Option(say('everyone'), '*'));
  recipients.value = chosen || PEOPLE[0];
}

function renderBell() {
  const text = say('bell', { count: inbox.unread });
  element('bell').setAttribute('aria-label', text);
  element('bell').title = text;
  element('badge').hidden = inbox.unread === 0;
  element('badge').textContent = inbox.unread > 99 ? '99+' : String(inbox.unread);
  document.title = inbox.unread ? `(${inbox.unread}) allim` : 'allim';
}

function renderConnection(state) {
  page.state = state;
  const node = element('connection');
  node.dataset.state = state;
  element('connection-text').textContent = say(state);
}

function actionButton(row, key, action) {
  const button = make('button', null, say(key));
  button.type = 'button';
  button.dataset.action = action;
  button.setAttribute('aria-label', say('about', { action: say(key), title: row.title }));
  button.addEventListener('click', () => mark(action, { ids: [row.id] }));
  return button;
}

function rowActions(row) {
  const actions = make('div', 'row-actions');
  const link = safeLink(row.link);
  if (link) {
    const anchor = make('a', null, say('open'));
    anchor.href = link;
    anchor.rel = 'noopener noreferrer';
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
  time.title = new Date(row.created_at).toLocaleString(page.language);
  const state = row.archived_at ? 'isArchived' : row.read_at ? 'isRead' : 'unread';
  facts.append(make('span', 'row-state', say(state)), time, make('span', 'row-type', row.type));
  if (row.priority !== 'normal') facts.append(make('span', `mark ${row.priority}`, say(row.priority)));
  if (row.everyone) facts.append(make('span', 'mark', say('toEveryone')));
  return facts;
}

// Draws a row anew only when it changed, so that focus and reading position survive the others' changes.
function rowElement(row) {
  const version = `${page.language} ${JSON.stringify(row)}`;
  const drawn = page.elements.get(row.id);
  if (drawn?.version === version) return drawn.item;
  const item = drawn?.item ?? make('li');
  item.className = `row${isUnread(row) ? ' unread' : ''}${drawn || !row.isArrival ? '' : ' arrived'}`;
  item.dataset.id = row.id;
  item.tabIndex = -1;
  const text = make('div');
  text.append(make('h3', 'row-title', row.title));
  if (row.body) text.append(make('p', 'row-body', row.body));
  text.append(rowFacts(row));
  item.replaceChildren(text, rowActions(row));
  page.elements.set(row.id, { version, item });
  return item;
}

// The button that was pressed may be gone after drawing; focus then goes to its row, or to the one in its place.
function renderList() {
  const list = element('list');
  const view = page.views[page.filter] ?? { more: false, oldest: 0 };
  const focused = document.activeElement?.closest?.('.row');
  const place = focused ? [...list.children].indexOf(focused) : -1;
  const items = inbox.list(page.filter, view.oldest).map(rowElement);
  items.forEach((item, index) => {
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
  });
  while (list.children.length > items.length) list.lastChild.remove();
  if (focused && !list.contains(document.activeElement)) {
    (list.contains(focused) ? focused : list.children[place] ?? element('inbox-heading')).focus();
  }
  element('empty').hidden = items.length > 0;
  element('more').hidden = !view.more;
}

function render() {
  renderBell();
  renderList();
  for (const button of document.querySelectorAll('[data-filter]')) {
    button.setAttribute('aria-pressed', String(button.dataset.filter === page.filter));
  }
  element('mark-all').disabled = inbox.unread === 0;
}

function renderAll() {
  renderTexts();
  renderPeople();
  if (page.state) renderConnection(page.state);
  render();
}

// --- What the user and the server do ---

function announce(row) {
  element('announcer').textContent = say('arrived', { title: row.title });
}

function onEvent(name, data, cursor) {
  const isArrival = name === 'notification';
  const isNews = inbox.apply(name, isArrival ? { ...data, isArrival } : data, cursor);
  log(name, cursor, isNews ? data.title ?? data.reason ?? data.all ?? String(data.unread ?? '') : '=');
  if (isArrival && isNews) announce(data);
  render();
}

function onPoll(answer) {
  const arrived = inbox.applyPoll(answer);
  log('poll', answer.cursor, `${answer.notifications.length + (answer.marked?.length ?? 0)}`);
  if (arrived.length) announce(arrived.at(-1));
  render();
}

function reload() {
  connection.close();
  return inTurn(async () => {
    connection.close();
    try {
      await loadInbox();
      connection.open();
    } catch (error) {
      complain(error);
      connection.later(RETRY_FIRST_MS * 2, reload);
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
  page.elements.clear();
  element('list').replaceChildren();
  element('recipients').value = user;
  for (const id of ['workspace', 'bell', 'connection']) element(id).hidden = false;
  renderConnection('connecting');
  await loadInbox();
  page.hasEntered = true;
  renderAll();
  connection.open();
}

function setLanguage(language) {
  page.language = language;
  const url = new URL(location.href);
  url.searchParams.set('lang', language);
  history.replaceState(null, '', url);
  renderAll();
}

async function setFilter(filter) {
  await attempt(async () => {
    if (!page.views[filter]) await loadView(filter);
    page.filter = filter;
    render();
  });
}

async function onPublish(event) {
  event.preventDefault();
  const form = event.target;
  const fields = Object.fromEntries(new FormData(form));
  const to = fields.to === '*' ? { everyone: true } : { user: fields.to };
  const content = { type: fields.type, title: fields.title, body: fields.body, priority: fields.priority };
  if (fields.link) content.link = fields.link;
  await attempt(async () => {
    const answer = await request('POST', '/v1/notifications', { to, ...content },
      { 'Idempotency-Key': crypto.randomUUID() });
    element('sent').textContent = say('sent', { id: answer.id });
    form.elements.title.value = '';
    form.elements.body.value = '';
    form.elements.title.focus();
    connection.nudge();
  });
}

function listen() {
  for (const button of document.querySelectorAll('[data-language]')) {
    button.addEventListener('click', () => setLanguage(button.dataset.language));
  }
  for (const button of document.querySelectorAll('[data-filter]')) {
    button.addEventListener('click', () => setFilter(button.dataset.filter));
  }
  element('publish').addEventListener('submit', onPublish);
  element('mark-all').addEventListener('click', () => mark('read', { all: true }));
  element('more').addEventListener('click', () => attempt(async () => {
    await loadView(page.filter, page.views[page.filter].oldest);
    render();
  }));
  element('bell').addEventListener('click', () => {
    element('inbox-heading').focus();
    mark('seen', { all: true });
  });
  // The cookie belongs to the whole browser: when another tab logs in as someone else, so does this one.
  window.addEventListener('storage', (event) => {
    if (event.key === 'allim-demo-user' && event.newValue) attempt(() => inTurn(() => enter(event.newValue)));
  });
  // Relative times grow old on the page.
  setInterval(() => {
    for (const node of element('list').querySelectorAll('time')) node.textContent = relativeTime(node.dateTime);
  }, 30000);
}

function makePeople() {
  for (const user of PEOPLE) {
    const button = make('button', 'person');
    button.type = 'button';
    button.dataset.user = user;
    const letter = make('span', 'person-letter', nameOf(user).charAt(0));
    letter.setAttribute('aria-hidden', 'true');
    button.append(letter, make('span', null, nameOf(user)));
    button.addEventListener('click', () => become(user));
    element('people').append(button);
  }
}

function start() {
  const wanted = new URLSearchParams(location.search).get('lang') ?? navigator.language;
  page.language = wanted.toLowerCase().startsWith('ko') ? 'ko' : 'en';
  connection = new Connection({
    onEvent, onPoll, onReset: reload, onState: renderConnection, request, cursor: () => inbox.cursor,
  });
  makePeople();
  listen();
  renderAll();
  const user = localStorage.getItem('allim-demo-user');
  if (PEOPLE.includes(user)) attempt(() => inTurn(() => enter(user)));
}

if (typeof document !== 'undefined') start();
