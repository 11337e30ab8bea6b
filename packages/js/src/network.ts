/**
 * Why nothing came over the network, in words that tell apart what is away, what is refused, and what is a defect of
 * the program.
 */
import { shown } from "./address.js";
import { HeadwaterError, messageOf, nameOf } from "./error.js";

/** How Node says that a certificate or the handshake is wrong. */
const TLS = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|EPROTO)/;

/**
 * What `fetch`, or reading its body, rejected with. `isOwn`: the program's own function did, from which anything can
 * come.
 */
export function failureOf(url: string, thrown: unknown, isOwn = false): HeadwaterError {
  const where = shown(url);
  const reason = reasonOf(thrown);
  const code = (reason as { code?: unknown } | undefined)?.code;
  if (typeof code === "string" && TLS.test(code)) {
    const message = `${where}: no secure connection (TLS): ${tlsReason(messageOf(reason))}`;
    return new HeadwaterError("bad_response", message, false, { cause: thrown });
  }
  if (isOwn && !isNetwork(thrown)) return ownFailure(thrown);
  if (isGivenUp(thrown)) return away(`${where}: the request was given up: ${messageOf(thrown)}`, thrown);
  // To scripts browsers do not say which of both it was; their console does.
  const inBrowser = reason === undefined ? ", or does not allow this page to read it (CORS)" : "";
  return away(`${where} cannot be reached${inBrowser}: ${messageOf(reason ?? thrown)}`, thrown);
}

/** OpenSSL puts the place in its own source around what it says. Two of its reasons mean that plain HTTP answered. */
function tlsReason(said: string): string {
  const reason = /SSL routines:[^:]*:([^:]+)/.exec(said)?.[1] ?? said.trim().replace(/\s*\n\s*/g, "; ");
  const isPlain = /^(wrong version number|packet length too long)$/.test(reason);
  return isPlain ? `the answer is not TLS (${reason}); does the URL begin with http://?` : reason;
}

/** A function that was given in place of `fetch` does not do what `fetch` does. */
export function ownFailure(thrown: unknown): HeadwaterError {
  const what = `${nameOf(thrown) || "it threw"}: ${messageOf(thrown)}`;
  return new HeadwaterError("invalid_options", `the option "fetch" failed: ${what}`, false, { cause: thrown });
}

/** What a status means that no problem document explains. */
export function refusalOf(url: string, status: number, detail = ""): HeadwaterError {
  const said = `${shown(url)} answered ${status}${detail && `: ${detail}`}`;
  if (status === 401 || status === 403) {
    return new HeadwaterError("unauthorized", detail ? said : `${said}: the token or signature is missing, wrong, or has expired`);
  }
  if (status === 408 || status === 429 || status >= 500) return new HeadwaterError("unreachable", said, true);
  return new HeadwaterError("bad_response", said);
}

/** Why an answer is not taken that was asked for over https, and came from where redirects led to over http. */
export function insecureOf(url: string, from: string): HeadwaterError | undefined {
  if (!isInsecure(url, from)) return undefined;
  return new HeadwaterError("bad_response", `${shown(url)} redirects to ${placeOf(from, url)}, away from https: that is not followed`);
}

/**
 * What `connect` makes of a redirect, which it does not follow: a token would be left out on the way to another server,
 * a search would become another request, and either might go over http. Browsers do not tell scripts where it leads.
 */
export function redirectOf(url: string, response: Response): HeadwaterError | undefined {
  if (response.type !== "opaqueredirect" && !REDIRECTS.includes(response.status)) return undefined;
  const to = response.headers?.get("location");
  const place = typeof to === "string" ? placeOf(to, url) : "";
  const advice = isInsecure(url, place)
    ? "It leads away from https, which is to be put right at the server"
    : "If that is the right server, give connect() the URL of the collection there";
  const where = place === "" ? "elsewhere (a browser's list of requests shows where)" : `to ${place}`;
  const message = `${shown(url)} redirects ${where}; nothing was sent there. ${advice}`;
  return new HeadwaterError("bad_response", message);
}

const REDIRECTS = [301, 302, 303, 307, 308];

const isInsecure = (url: string, to: string) => url.startsWith("https:") && to.startsWith("http:");

/** A URL without what may be secret in it; nothing where there is none. */
function placeOf(url: string, base: string): string {
  try {
    const { host, protocol, pathname, search } = new URL(url, base);
    return shown(`${protocol}//${host}${pathname}${search}`);
  } catch {
    return "";
  }
}

function away(message: string, cause: unknown): HeadwaterError {
  return new HeadwaterError("unreachable", message, true, { cause });
}

/** What lies behind: Node puts the system's error there, or several, one for each address. */
function reasonOf(thrown: unknown): unknown {
  const { cause } = (thrown ?? {}) as { cause?: unknown };
  return cause instanceof AggregateError ? (cause.errors[0] ?? cause) : cause;
}

const isGivenUp = (thrown: unknown) => ["AbortError", "TimeoutError"].includes(nameOf(thrown));

/** `fetch` rejects with a TypeError for all that the network does; its words differ by browser. */
function isNetwork(thrown: unknown): boolean {
  if (isGivenUp(thrown) || reasonOf(thrown) !== undefined) return true;
  return nameOf(thrown) === "TypeError" && /fetch|network|load failed|terminated/i.test(messageOf(thrown));
}
