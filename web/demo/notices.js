// What went wrong, said where it happened: each place of the page shows its own last problem until what
// failed is tried again. Problems are kept as codes, for the language may change while one is shown.

import { element } from './elements.js';
import { say, sayProblem } from './words.js';

const problems = {};

function renderProblem(place) {
  const error = problems[place];
  element(place).hidden = !error;
  element(place).textContent = error ? say('failed', { detail: sayProblem(error) }) : '';
}

export function renderProblems() {
  for (const place of Object.keys(problems)) renderProblem(place);
}

// `place` is the element that shows it; null takes away what it shows.
export function complain(place, error) {
  problems[place] = error && { code: error.code ?? 'page', detail: error.detail ?? error.message };
  renderProblem(place);
}

// An answer takes away what complained that there was none.
export function onServerAnswers() {
  for (const [place, error] of Object.entries(problems)) {
    if (error?.code === 'unreachable') complain(place, null);
  }
}

export async function attempt(action, place = 'alert') {
  try {
    complain(place, null);
    return await action();
  } catch (error) {
    complain(place, error);
    return null;
  }
}
