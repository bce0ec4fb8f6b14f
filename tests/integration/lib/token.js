// User tokens (RFC 7519, HS256), made without a library so that broken ones can be made too.
import { createHmac } from 'node:crypto';

const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

export function sign(header, claims, secret) {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

// `lifetime` in seconds; further claims overwrite.
export function makeToken(user, secret, { lifetime = 3600, ...claims } = {}) {
  const now = Math.floor(Date.now() / 1000);
  return sign({ alg: 'HS256', typ: 'JWT' }, { sub: user, iat: now, exp: now + lifetime, ...claims }, secret);
}
