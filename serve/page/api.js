/** Requests to the endpoint: with the key, with patience where it asks for some, and with readable errors. */

import * as key from "./key.js";

const ATTEMPTS = 4;
const LONGEST_WAIT_S = 60;

/** What the endpoint said instead of an answer; the message is for people. */
export class ApiError extends Error {
  constructor(said, { status = 0, code = null, retryAfter = null } = {}) {
    super(retryAfter ? `${said} Try again in ${retryAfter} s.` : said);
    Object.assign(this, { said, status, code, retryAfter });
  }
}

/** The JSON of a GET. */
export async function get(path) {
  return (await request(path, { method: "GET" })).json();
}

/** The JSON of a POST; `signal` aborts it, `tell` hears of waiting. */
export async function post(path, body, options = {}) {
  return (await open(path, body, options)).json();
}

/** The response to a POST, its body not yet read. */
export function open(path, body, { signal, tell } = {}) {
  const headers = { "Content-Type": "application/json" };
  return request(path, { method: "POST", headers, body: JSON.stringify(body), signal }, tell);
}

async function request(path, init, tell = () => {}) {
  for (let attempt = 1; ; attempt++) {
    const used = key.current();
    const response = await send(path, init, used);
    if (response.ok) return response;
    const error = await failure(response);
    if (error.status === 401) {
      // Another request may have brought a new key while this one was on its way.
      if (key.current() === used && !(await key.ask(error.message))) throw error;
      init.signal?.throwIfAborted();
    } else {
      if (!error.retryAfter || error.retryAfter > LONGEST_WAIT_S || attempt === ATTEMPTS) throw error;
      await wait(error, init.signal, tell);
    }
  }
}

async function send(path, init, used) {
  const headers = used ? { ...init.headers, Authorization: `Bearer ${used}` } : init.headers;
  try {
    return await fetch(path, { ...init, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError("The endpoint cannot be reached. Check the network, or whether it is running.");
  }
}

async function failure(response) {
  const body = await response.json().catch(() => ({}));
  const said = body.error?.message ?? `The endpoint answered ${response.status} ${response.statusText}.`;
  const retryAfter = Number(response.headers.get("Retry-After")) || null;
  return new ApiError(said, { status: response.status, code: body.error?.code, retryAfter });
}

/** Lets the time pass that the endpoint asked for. */
function wait(error, signal, tell) {
  tell(`${error.said} Trying again in ${error.retryAfter} s.`);
  return new Promise((resolve, reject) => {
    setTimeout(resolve, 1000 * error.retryAfter);
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
