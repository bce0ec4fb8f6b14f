// Who one can be: the users of the demo, whose passwords are their names. A choice among them stands in for the
// login that a site has of its own.

import { element, make } from './elements.js';
import { say } from './words.js';

export const PEOPLE = ['test', 'anna', 'minjun', 'sofia'];

export function nameOf(user) {
  return user.charAt(0).toUpperCase() + user.slice(1);
}

// Calls onChoose(user) when one is pressed.
export function makePeople(onChoose) {
  for (const user of PEOPLE) {
    const button = make('button', 'person');
    button.type = 'button';
    button.dataset.user = user;
    const letter = make('span', 'person-letter', nameOf(user).charAt(0));
    letter.setAttribute('aria-hidden', 'true');
    button.append(letter, make('span', null, nameOf(user)));
    button.addEventListener('click', () => onChoose(user));
    element('people').append(button);
  }
}

export function renderPeople(me) {
  for (const button of element('people').children) {
    const isMe = button.dataset.user === me;
    const name = nameOf(button.dataset.user);
    button.setAttribute('aria-pressed', String(isMe));
    button.setAttribute('aria-label', isMe ? say('you', { name }) : say('notYou', { name }));
  }
}
