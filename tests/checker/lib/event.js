// The events of an inbox are the same on every wire: one of these names, data, and a cursor.
import { parseCursor } from './cursor.js';

const NAMES = ['notification', 'change', 'count', 'reset'];

export const isEvent = ({ name, id }) => NAMES.includes(name) && parseCursor(id) !== null;
