/** The HTTP API as a stranger would call it: with fetch and nothing else. */
import assert from "node:assert/strict";

const PATIENCE_MS = 120_000;

/** The parsed answer; a problem document becomes an error with its code. */
export async function call(method, url, body, mediaType = "application/json") {
  const { status, json } = await ask(method, url, body, mediaType);
  if (status >= 400) {
    throw Object.assign(new Error(`${method} ${url} answered ${status}: ${JSON.stringify(json)}`), { code: json?.code, status });
  }
  return json;
}

/** Status, headers and JSON body, whatever the answer. */
export async function ask(method, url, body, mediaType = "application/json") {
  const answer = await send(url, {
    method,
    ...(body === undefined ? {} : { body: encoded(body), headers: { "content-type": mediaType } }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const text = await answer.text();
  let json;
  try {
    json = text === "" ? undefined : JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: answer.status, headers: answer.headers, text, json };
}

/** Asserts that the answer is a problem document with this code. */
export function assertProblem(answer, code, what) {
  assert.equal(answer.json?.code, code, `${what}: ${answer.status} ${answer.text.slice(0, 400)}`);
  assert.match(answer.headers.get("content-type") ?? "", /^application\/problem\+json/, what);
  assert.equal(answer.json.status, answer.status, `${what}: the document's status is the answer's`);
  assert.equal(answer.json.type, `urn:headwater:problem:${code}`, what);
  assert.ok(answer.json.detail.length > 10, `${what}: the detail says what to do`);
}

/** A server that refuses a body unread, or stops, closes a connection that fetch may just have chosen again. */
async function send(url, init) {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (error.cause?.code !== "UND_ERR_SOCKET") throw error;
    return fetch(url, init);
  }
}

function encoded(body) {
  return typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
}
