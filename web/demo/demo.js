// The demo page: one inbox, delivered by server-sent events, or by polling where those fail.
//
// `Inbox` is the client's part of the rule of delivery (docs/api.md, "What a client must do"): the list is
// loaded first, with its cursor; what the stream brings behind that cursor is put in as it comes; and
// a page of older rows does not undo what came while it was under way. `Connection` is the transport,
// `Tabs` lets the tabs of a browser share one stream, and the functions below them are the page.
// Data reaches the page as text, never as markup.

const STRINGS = {
  en: {
    skip: 'Skip to the inbox', language: 'Language',
    whoAreYou: 'Who are you?', whoHint: 'One click logs you in. Open a second tab to see both stay in step; a private window can be a second person.',
    you: 'You are {name}.', notYou: 'Log in as {name}',
    inbox: 'Inbox', show: 'Show', filterInbox: 'Inbox', filterUnread: 'Unread', filterArchived: 'Archived',
    markRead: 'Mark as read', markAllRead: 'Mark all as read', archive: 'Archive', open: 'Open link',
    about: '{action}: {title}', empty: 'Nothing here yet.', loadMore: 'Load more',
    unread: 'Unread', isRead: 'Read', isArchived: 'Archived', toEveryone: 'To everyone', isNew: 'New',
    bell: { one: '{count} unread notification', other: '{count} unread notifications' },
    bellHint: '{bell}. A click takes the mark “New” off all of them.', arrived: 'New notification: {title}',
    publish: 'Publish', to: 'To', everyone: 'Everyone', title: 'Title', body: 'Message', type: 'Type',
    priority: 'Priority', low: 'Low', normal: 'Normal', high: 'High', urgent: 'Urgent',
    link: 'Link (optional)', send: 'Send', sent: 'Sent as notification {id}.',
    tooLong: 'Shorten this: it has {bytes} bytes (UTF-8), and {most} are allowed.',
    connecting: 'Connecting', connected: 'Connected', shared: 'Connected through another tab',
    reconnecting: 'Reconnecting', polling: 'Polling', offline: 'Offline',
    underneath: 'What happens underneath',
    underneathHint: 'Each event and the cursor it moves this page to. After a break the page hands in its last cursor and gets what it missed.',
    listed: '{rows} rows, {unread} unread', polled: { one: '{count} change', other: '{count} changes' },
    failed: 'That did not work: {detail}', refused: '{detail}',
    problems: { unreachable: 'the server does not answer.' },
  },
  ko: {
    skip: '받은 알림으로 건너뛰기', language: '언어',
    whoAreYou: '누구로 시작할까요?', whoHint: '한 번 누르면 로그인됩니다. 탭을 하나 더 열면 두 탭이 함께 움직이고, 시크릿 창에서는 다른 사람으로 로그인할 수 있습니다.',
    you: '{name} 님으로 로그인했습니다.', notYou: '{name} 님으로 로그인',
    inbox: '받은 알림', show: '보기', filterInbox: '받은 알림', filterUnread: '읽지 않음', filterArchived: '보관함',
    markRead: '읽음으로 표시', markAllRead: '모두 읽음으로 표시', archive: '보관', open: '링크 열기',
    about: '{action}: {title}', empty: '아직 알림이 없습니다.', loadMore: '더 보기',
    unread: '읽지 않음', isRead: '읽음', isArchived: '보관됨', toEveryone: '전체 공지', isNew: '새 알림',
    bell: { other: '읽지 않은 알림 {count}개' },
    bellHint: '{bell}. 누르면 ‘새 알림’ 표시가 모두 사라집니다.', arrived: '새 알림: {title}',
    publish: '알림 보내기', to: '받는 사람', everyone: '모두', title: '제목', body: '내용', type: '종류',
    priority: '중요도', low: '낮음', normal: '보통', high: '높음', urgent: '긴급',
    link: '링크 (선택)', send: '보내기', sent: '{id}번 알림으로 보냈습니다.',
    tooLong: '너무 깁니다. UTF-8로 {bytes}바이트인데 {most}바이트까지 보낼 수 있습니다.',
    connecting: '연결하는 중', connected: '연결됨', shared: '다른 탭을 통해 연결됨',
    reconnecting: '다시 연결하는 중', polling: '주기적으로 확인 중', offline: '연결 끊김',
    underneath: '내부에서 일어나는 일',
    underneathHint: '이벤트마다 이 페이지의 커서가 어디로 옮겨지는지 보여 줍니다. 연결이 끊겼다가 돌아오면 마지막 커서를 내고 놓친 알림을 받습니다.',
    listed: '{rows}행, 읽지 않음 {unread}개', polled: { other: '변경 {count}건' },
    failed: '처리하지 못했습니다. {detail}', refused: '서버가 요청을 거절했습니다({code}).',
    problems: {
      unreachable: '서버가 응답하지 않습니다.', unauthenticated: '로그인이 필요합니다.',
      invalid_notification: '알림 내용이 올바르지 않습니다. 빈칸과 길이를 확인해 주세요.',
      not_found: '그 알림은 더 이상 없습니다.', too_many_requests: '요청이 너무 많습니다. 잠시 뒤에 다시 해 주세요.',
      store_full: '서버의 디스크가 가득 찼습니다.', store_failed: '서버의 저장소에 문제가 생겼습니다.',
      store_unavailable: '서버의 저장소를 지금 쓸 수 없습니다. 잠시 뒤에 다시 해 주세요.',
      out_of_memory: '서버의 메모리가 부족합니다. 잠시 뒤에 다시 해 주세요.',
      draining: '서버가 곧 멈춥니다. 잠시 뒤에 다시 해 주세요.',
    },
  },
};

// A page that exists, wherever this one runs.
const LINK_EXAMPLE = 'https://example.com/orders/17';
const PEOPLE = ['test', 'anna', 'minjun', 'sofia'];
const STATE_TIMES = ['seen_at', 'read_at', 'archived_at'];
const MARK_TIMES = { seen: 'seen_at', read: 'read_at', archived: 'archived_at' };
const FILTERS = { inbox: (row) => !row.archived_at, unread: isUnread, archived: (row) => Boolean(row.archived_at) };
const EVENTS = ['notification', 'change', 'count', 'reset'];
// The server's limits (notification.title_bytes and so on), which count bytes, not characters.
const MOST_BYTES = { title: 500, body: 10000, type: 64, link: 2000 };
const PAGE_SIZE = 20;
const LOG_LINES = 60;
const STREAM_ERRORS_BEFORE_POLLING = 3;
const POLL_WAIT_SECONDS = 25;
const RETRY_MS = 1000;
const SHORT_POLL_MS = 5000;
const FOLLOW_MS = 30000;
const STREAM_AGAIN_MS = 60000;

// --- The rule of delivery ---

function isUnread(row) {
  return !row.read_at && !row.archived_at;
}

export class Inbox {
  // Rows, count and cursor of a list are one snapshot.
  constructor(list = { notifications: [], unread: 0, cursor: null }) {
    this.rows = new Map();
    this.unread = list.unread;
    this.cursor = list.cursor;
    this.journals = new Set(); // one for each page under way: what changed since it was asked for
    for (const row of list.notifications) this.put(row);
  }

  // Puts a row where its id is. A broadcast heard live is the same for all users and has no states: those
  // that are here stay. `null` is no absence: what a page brought too early is corrected by it.
  put(row) {
    if (row.withdrawn_at) {
      this.rows.delete(row.id);
      return;
    }
    const known = this.rows.get(row.id);
    const merged = { ...row };
    for (const time of STATE_TIMES) {
      if (!(time in row)) merged[time] = known?.[time] ?? null;
    }
    this.rows.set(row.id, merged);
  }

  // "Mark all" is one change for all rows that are here; broadcasts may overtake it, so it says which it means.
  markAll({ all, at, everyone_up_to: lastBroadcast }) {
    const time = MARK_TIMES[all];
    for (const row of this.rows.values()) {
      if (!row[time] && !(row.everyone && row.id > lastBroadcast)) row[time] = at;
    }
  }

  // Takes a row or a mark as it comes, without comparing it with what is here.
  change(change) {
    for (const journal of this.journals) journal.push(change);
    this.redo(change);
  }

  redo(change) {
    if (change.all) this.markAll(change);
    else this.put(change);
  }

  // Takes a page of older rows. What changes while `load` is under way may be newer than the page, so it is
  // done once more on top of it. A page that is newer than the stream heals: the stream brings all that
  // is behind its own cursor.
  async addPage(load) {
    const journal = [];
    this.journals.add(journal);
    try {
      const page = await load();
      for (const row of page.notifications) this.put(row);
      for (const change of journal) this.redo(change);
      return page;
    } finally {
      this.journals.delete(journal);
    }
  }

  // Takes an event of the stream. Returns the notifications that were not here before.
  applyEvent(name, data, cursor) {
    const isNotification = name === 'notification';
    const arrivals = isNotification && !this.rows.has(data.id) ? [data] : [];
    if (isNotification || name === 'change') this.change(data);
    if (isNotification && isUnread(data)) this.unread += 1;
    this.unread = data.unread ?? this.unread;
    this.cursor = cursor || this.cursor;
    return arrivals;
  }

  // Takes a poll's answer, and returns the same.
  applyPoll(answer) {
    const arrivals = answer.notifications
      .filter((row) => !this.rows.has(row.id) && isUnread(row) && !row.withdrawn_at);
    for (const change of [...answer.marked, ...answer.notifications]) this.change(change);
    this.unread = answer.unread;
    this.cursor = answer.cursor;
    return arrivals;
  }

  // Newest first. Rows below `oldest` belong to pages of this view that are not loaded yet.
  list(filter, oldest) {
    return [...this.rows.values()]
      .filter((row) => row.id >= oldest && FILTERS[filter](row))
      .sort((a, b) => b.id - a.id);
  }
}

// --- The transport ---

// Over HTTP/1.1 a browser opens six connections to a host for all tabs together, so one tab holds the
// stream: the one that has the lock. It tells the others when something came, and they poll, each from its
// own cursor. Like any hint it may be lost or doubled. A browser without locks has a stream in each tab.
class Tabs {
  constructor({ onLead, onHint }) {
    this.leads = !navigator.locks;
    this.channel = new BroadcastChannel('allim-demo');
    this.channel.onmessage = onHint;
    navigator.locks?.request('allim-demo', () => {
      this.leads = true;
      onLead();
      return new Promise(() => {}); // until the tab closes
    });
  }

  hint() {
    if (this.leads) this.channel.postMessage('something came');
  }
}

// Keeps one inbox up to date, by one of three means at a time: the stream, polls instead of it (where it
// failed too often), or polls at the hint of another tab. `handlers`: onEvent(name, data, cursor), onPoll(answer),
// onReset() when the list must be loaded again, onState(name), cursor() to go on from,
// leads() whether the stream is this tab's to hold, and request(method, path).
//
// A stream that the server refuses for now is answered 200 and ends at once, so being open proves nothing.
// Errors are counted, and only an event resets the count.
class Connection {
  constructor(handlers) {
    this.handlers = handlers;
    this.isOpen = false;
    this.source = null;
    this.timer = null;
    this.generation = 0;
    this.errors = 0;
    this.isHinted = false;
    this.mayWait = true;
    this.streamAgainAt = 0;
  }

  open() {
    this.isOpen = true;
    if (this.handlers.leads()) this.stream();
    else this.poll();
  }

  close() {
    this.isOpen = false;
    this.stop();
  }

  // Ends whatever is under way, so that two answers never mix.
  stop() {
    this.generation += 1;
    clearTimeout(this.timer);
    this.timer = null;
    this.source?.close();
    this.source = null;
  }

  later(delay, action) {
    this.stop();
    this.timer = setTimeout(action, delay * (0.75 + Math.random() / 4));
  }

  // Something came, says another tab; or this page changed something. A stream hears of it by itself.
  hint() {
    if (!this.isOpen || this.source) return;
    if (this.timer) this.poll();
    else this.isHinted = true;
  }

  stream() {
    this.stop();
    if (this.errors) this.handlers.onState('reconnecting');
    const source = new EventSource(`/v1/inbox/stream?after=${encodeURIComponent(this.handlers.cursor())}`);
    this.source = source;
    source.onerror = () => this.onStreamError(source);
    for (const name of EVENTS) {
      source.addEventListener(name, (event) => {
        if (source !== this.source) return;
        this.errors = 0;
        this.handlers.onState('connected');
        this.handlers.onEvent(name, JSON.parse(event.data), event.lastEventId);
        if (name === 'reset') this.handlers.onReset();
      });
    }
  }

  // An EventSource comes back by itself, unless it was answered with an error: then a poll finds out why.
  onStreamError(source) {
    if (source !== this.source) return;
    this.errors += 1;
    this.handlers.onState('reconnecting');
    if (this.hasFallenBack()) {
      this.mayWait = true;
      this.streamAgainAt = Date.now() + STREAM_AGAIN_MS;
      this.poll();
    } else if (source.readyState === EventSource.CLOSED) {
      this.later(RETRY_MS * this.errors, () => this.poll());
    }
  }

  hasFallenBack() {
    return this.errors >= STREAM_ERRORS_BEFORE_POLLING;
  }

  async poll() {
    this.stop();
    this.isHinted = false;
    const { generation } = this;
    const isLong = this.handlers.leads() && this.hasFallenBack() && this.mayWait;
    const query = `after=${encodeURIComponent(this.handlers.cursor())}&wait=${isLong ? POLL_WAIT_SECONDS : 0}`;
    try {
      const answer = await this.handlers.request('GET', `/v1/inbox?${query}`);
      if (generation === this.generation) this.onAnswer(answer, isLong);
    } catch (error) {
      if (generation === this.generation) this.onPollError(error, isLong);
    }
  }

  onAnswer(answer, isLong) {
    const leads = this.handlers.leads();
    if (answer.reset) {
      this.handlers.onReset();
      return;
    }
    this.handlers.onPoll(answer);
    if (leads && Date.now() >= this.streamAgainAt) {
      this.errors = Math.min(this.errors, STREAM_ERRORS_BEFORE_POLLING - 1);
    }
    if (leads && !this.hasFallenBack()) {
      this.stream();
      return;
    }
    this.handlers.onState(leads ? 'polling' : 'shared');
    if (answer.more || this.isHinted) this.poll();
    else if (isLong) this.later(RETRY_MS, () => this.poll());
    else this.later(leads ? SHORT_POLL_MS : FOLLOW_MS, () => this.poll());
  }

  // A poll that waits counts as a connection of the user: where those are used up (429), short ones are left.
  onPollError(error, isLong) {
    if (error.status && isLong) {
      this.mayWait = false;
      this.poll();
      return;
    }
    this.handlers.onState(error.status ? 'reconnecting' : 'offline');
    this.streamAgainAt = 0;
    this.later(SHORT_POLL_MS, () => this.poll());
  }
}

// --- The page ---

const page = {
  language: 'en', user: null, hasEntered: false, state: null, filter: 'inbox', view: { more: false, oldest: 0 },
  elements: new Map(), arrived: new Set(), log: [], problems: {}, sent: null,
};
let inbox = new Inbox();
let connection = null;
let tabs = null;
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

// --- What went wrong ---

function explain({ code, detail }) {
  return STRINGS[page.language].problems[code] ?? say('refused', { code, detail });
}

function renderProblem(place) {
  const error = page.problems[place];
  element(place).hidden = !error;
  element(place).textContent = error ? say('failed', { detail: explain(error) }) : '';
}

// `place` is the element that shows it; null takes away what it shows.
function complain(place, error) {
  page.problems[place] = error && { code: error.code ?? 'page', detail: error.detail ?? error.message };
  renderProblem(place);
}

function onServerAnswers() {
  for (const [place, error] of Object.entries(page.problems)) {
    if (error?.code === 'unreachable') complain(place, null);
  }
}

async function attempt(action, place = 'alert') {
  try {
    complain(place, null);
    return await action();
  } catch (error) {
    complain(place, error);
    return null;
  }
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
    throw Object.assign(new Error('unreachable'), { code: 'unreachable' });
  }
  const content = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
  if (answer.ok) return content;
  const { code = `HTTP ${answer.status}`, detail = `HTTP ${answer.status}` } = content;
  throw Object.assign(new Error(detail), { status: answer.status, code, detail });
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

// --- Drawing ---

function logLine({ time, name, cursor, detail }) {
  const line = make('li');
  line.append(make('span', 'log-time', time.toLocaleTimeString(page.language)),
    make('span', 'log-name', name), make('span', 'log-detail', detail()));
  if (cursor) line.append(make('span', 'log-cursor', cursor));
  return line;
}

// `detail` is a function, because the language may change.
function log(name, cursor, detail) {
  const entry = { time: new Date(), name, cursor, detail };
  page.log = [entry, ...page.log].slice(0, LOG_LINES);
  element('log').prepend(logLine(entry));
  while (element('log').children.length > LOG_LINES) element('log').lastChild.remove();
}

function renderTexts() {
  document.documentElement.lang = page.language;
  for (const node of document.querySelectorAll('[data-text]')) node.textContent = say(node.dataset.text);
  for (const node of document.querySelectorAll('[data-label]')) node.setAttribute('aria-label', say(node.dataset.label));
  for (const node of document.querySelectorAll('[data-language]')) {
    node.setAttribute('aria-pressed', String(node.dataset.language === page.language));
  }
  element('log').replaceChildren(...page.log.map(logLine));
  for (const place of Object.keys(page.problems)) renderProblem(place);
  for (const name of Object.keys(MOST_BYTES)) checkLength(element('publish').elements[name]);
  renderSent();
}

function renderSent() {
  element('sent').textContent = page.sent ? say('sent', { id: page.sent }) : '';
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
  element('bell').title = say('bellHint', { bell: text });
  element('badge').hidden = inbox.unread === 0;
  element('badge').textContent = inbox.unread > 99 ? '99+' : String(inbox.unread);
  document.title = inbox.unread ? `(${inbox.unread}) allim` : 'allim';
}

function onState(state) {
  if (['connected', 'shared', 'polling'].includes(state)) onServerAnswers();
  if (state === page.state) return;
  page.state = state;
  element('connection').dataset.state = state;
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
  time.title = new Date(row.created_at).toLocaleString(page.language);
  const state = row.archived_at ? 'isArchived' : row.read_at ? 'isRead' : 'unread';
  if (isUnread(row) && !row.seen_at) facts.append(make('span', 'mark new', say('isNew')));
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
  item.className = `row${isUnread(row) ? ' unread' : ''}${!drawn && page.arrived.has(row.id) ? ' arrived' : ''}`;
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
  const focused = document.activeElement?.closest?.('.row');
  const place = focused ? [...list.children].indexOf(focused) : -1;
  const items = inbox.list(page.filter, page.view.oldest).map(rowElement);
  items.forEach((item, index) => {
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
  });
  while (list.children.length > items.length) list.lastChild.remove();
  if (focused && !list.contains(document.activeElement)) {
    (list.contains(focused) ? focused : list.children[place] ?? element('inbox-heading')).focus();
  }
  element('empty').hidden = items.length > 0;
  element('more').hidden = !page.view.more;
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
  if (page.state) element('connection-text').textContent = say(page.state);
  render();
}

// --- What the user and the server do ---

function announce(arrivals) {
  for (const { id } of arrivals) page.arrived.add(id);
  if (arrivals.length) element('announcer').textContent = say('arrived', { title: arrivals.at(-1).title });
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
  page.elements.clear();
  page.arrived.clear();
  element('list').replaceChildren();
  element('recipients').value = user;
  for (const id of ['workspace', 'bell', 'connection']) element(id).hidden = false;
  onState('connecting');
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

// A first page can have rows that the stream never tells of, because they were withdrawn by then; so another
// filter is another list, with a cursor of its own. What is here already is shown meanwhile.
function setFilter(filter) {
  page.filter = filter;
  page.view = { more: false, oldest: 0 };
  render();
  return reload();
}

function checkLength(field) {
  const bytes = new TextEncoder().encode(field.value).length;
  const most = MOST_BYTES[field.name];
  field.setCustomValidity(bytes > most ? say('tooLong', { bytes, most }) : '');
}

async function onPublish(event) {
  event.preventDefault();
  const form = event.target;
  const fields = Object.fromEntries(new FormData(form));
  const to = fields.to === '*' ? { everyone: true } : { user: fields.to };
  const content = { type: fields.type, title: fields.title, body: fields.body, priority: fields.priority };
  if (fields.link) content.link = fields.link;
  page.sent = null;
  await attempt(async () => {
    const answer = await request('POST', '/v1/notifications', { to, ...content },
      { 'Idempotency-Key': crypto.randomUUID() });
    page.sent = answer.id;
    form.elements.title.value = '';
    form.elements.body.value = '';
    form.elements.title.focus();
    connection.hint();
  }, 'publish-alert');
  renderSent();
}

function listen() {
  for (const button of document.querySelectorAll('[data-language]')) {
    button.addEventListener('click', () => setLanguage(button.dataset.language));
  }
  for (const button of document.querySelectorAll('[data-filter]')) {
    button.addEventListener('click', () => setFilter(button.dataset.filter));
  }
  element('publish').addEventListener('submit', onPublish);
  for (const name of Object.keys(MOST_BYTES)) {
    element('publish').elements[name].addEventListener('input', (event) => checkLength(event.target));
  }
  element('mark-all').addEventListener('click', () => mark('read', { all: true }));
  element('more').addEventListener('click', () => attempt(loadMore));
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
    onEvent, onPoll, onReset: reload, onState, request, cursor: () => inbox.cursor, leads: () => tabs.leads,
  });
  tabs = new Tabs({ onLead: () => { if (connection.isOpen) connection.open(); }, onHint: () => connection.hint() });
  element('publish').elements.link.placeholder = LINK_EXAMPLE;
  makePeople();
  listen();
  renderAll();
  const user = localStorage.getItem('allim-demo-user');
  if (PEOPLE.includes(user)) attempt(() => inTurn(() => enter(user)));
}

if (typeof document !== 'undefined') start();
