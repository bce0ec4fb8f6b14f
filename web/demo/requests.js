// Requests to the server. They carry the login's cookie, and fail with an error that has the `code` and
// `detail` of the server's problem and its `status`, or the code `unreachable` and no status.

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

export function logIn(user) {
  return fetchJson('POST', '/api/user/login', { username: user, password: user });
}

// A function that makes requests as whoever `currentUser()` is by then. The demo server forgets its sessions when
// it restarts with a new secret: it logs in once more, then repeats.
export function requester(currentUser) {
  return async (method, path, body, headers) => {
    try {
      return await fetchJson(method, path, body, headers);
    } catch (error) {
      if (error.status !== 401 || !currentUser()) throw error;
      await logIn(currentUser());
      return fetchJson(method, path, body, headers);
    }
  };
}
