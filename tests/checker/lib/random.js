// Chance that can be had again: every actor of a run draws from a generator of its own, all of which
// follow from one printed seed. What two processes do to each other in time does not.
import { randomInt } from 'node:crypto';

export class Random {
  constructor(seed) {
    this.state = seed >>> 0;
  }

  // Mulberry32: from 0 up to 1.
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  between(low, high) {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability) {
    return this.next() < probability;
  }

  pick(list) {
    return list[this.between(0, list.length - 1)];
  }

  // `count` different items, or all there are.
  pickSome(list, count) {
    const left = [...list];
    const picked = [];
    while (picked.length < count && left.length > 0) {
      picked.push(...left.splice(this.between(0, left.length - 1), 1));
    }
    return picked;
  }

  // One of the names of {name: weight}.
  weighted(weights) {
    let point = this.next() * Object.values(weights).reduce((sum, weight) => sum + weight, 0);
    for (const [name, weight] of Object.entries(weights)) {
      point -= weight;
      if (point < 0) return name;
    }
    return Object.keys(weights).at(-1);
  }

  fork() {
    return new Random(this.between(0, 2 ** 32 - 1));
  }
}

export function chooseSeed() {
  return process.env.ALLIM_SEED ? Number(process.env.ALLIM_SEED) : randomInt(2 ** 32);
}
