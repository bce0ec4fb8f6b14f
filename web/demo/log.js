// "What happens underneath": the last events and answers, newest first, each with the cursor that it moved this
// page to. An entry's detail is a function, because the language may change.

import { element, make } from './elements.js';
import { language } from './words.js';

const LOG_LINES = 60;
let entries = [];

function logLine({ time, name, cursor, detail }) {
  const line = make('li');
  line.append(make('span', 'log-time', time.toLocaleTimeString(language)),
    make('span', 'log-name', name), make('span', 'log-detail', detail()));
  if (cursor) line.append(make('span', 'log-cursor', cursor));
  return line;
}

export function log(name, cursor, detail) {
  const entry = { time: new Date(), name, cursor, detail };
  entries = [entry, ...entries].slice(0, LOG_LINES);
  element('log').prepend(logLine(entry));
  while (element('log').children.length > LOG_LINES) element('log').lastChild.remove();
}

export function renderLog() {
  element('log').replaceChildren(...entries.map(logLine));
}
