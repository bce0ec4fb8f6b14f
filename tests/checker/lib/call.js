// One request over a kept connection. Whoever is killed while it is under way leaves its outcome unknown,
// so failures say whether the server can have seen it.
import http from 'node:http';
import { PATIENCE_MS } from '../../integration/lib/wait.js';

const UNSENT = ['ECONNREFUSED', 'EADDRNOTAVAIL', 'EMFILE'];

// Where to go: `url` is one address, or a function that chooses one with a Random, as a balancer would.
export const chooseUrl = (url, random) => (typeof url === 'function' ? url(random) : url);

export class Caller {
  // `url` is chosen for each request, with `random`; `patience`: how many milliseconds to wait for an answer.
  constructor(url, { random, patience = PATIENCE_MS } = {}) {
    Object.assign(this, { url, random, patience });
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  }

  // Resolves to {status, headers, body}, the body parsed where it is JSON. Rejects with an error that
  // has `unsent` where nothing was. `signal` gives it up.
  request(method, path, { headers = {}, body, signal } = {}) {
    return new Promise((settle, fail) => {
      const request = http.request(new URL(path, chooseUrl(this.url, this.random)), {
        method, agent: this.agent, signal, timeout: this.patience,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      });
      request.on('timeout', () => request.destroy(new Error(`no answer to ${method} ${path} for ${this.patience} ms`)));
      request.on('error', (error) => fail(Object.assign(error, { unsent: UNSENT.includes(error.code) })));
      request.on('response', (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', fail);
        response.on('end', () => {
          if (!response.complete) fail(new Error('the answer was cut short'));
          const text = Buffer.concat(chunks).toString();
          const isJson = /\bjson\b/.test(response.headers['content-type'] ?? '');
          settle({ status: response.statusCode, headers: response.headers, body: isJson && text ? JSON.parse(text) : text });
        });
      });
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  close() {
    this.agent.destroy();
  }
}
