// All that the page says, in two languages. The markup names a text by its key (`data-text`, `data-label`), the
// code by say(); so a change of language draws everything anew and reloads nothing. Numbers choose among the
// forms that the language has (Intl.PluralRules). What the server says is English; its codes are translated here.

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

export let language = 'en';

// Takes the nearest of the two to a language tag, such as that of the browser.
export function speak(wanted) {
  language = wanted.toLowerCase().startsWith('ko') ? 'ko' : 'en';
}

export function say(key, values = {}) {
  let text = STRINGS[language][key];
  if (typeof text === 'object') {
    text = text[new Intl.PluralRules(language).select(values.count)] ?? text.other;
  }
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export function sayProblem({ code, detail }) {
  return STRINGS[language].problems[code] ?? say('refused', { code, detail });
}

export function relativeTime(text) {
  const seconds = Math.min(0, (Date.parse(text) - Date.now()) / 1000);
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const units = [['day', 86400], ['hour', 3600], ['minute', 60]];
  for (const [unit, length] of units) {
    if (-seconds >= length) return format.format(Math.trunc(seconds / length), unit);
  }
  return format.format(0, 'second');
}
