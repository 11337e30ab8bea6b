/** The installed browsers, each started with a profile that has never been used. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import puppeteer from "puppeteer-core";

const CHROMIUM = process.env.HEADWATER_CHROMIUM ?? "/usr/bin/chromium";
const FIREFOX = process.env.HEADWATER_FIREFOX ?? "/usr/bin/firefox-esr";
const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Chromium with a profile on disk, because storage that lives in memory only would prove little.
 * Returns a playwright browser context with `close()` that also removes the profile. With `cookies: false` its user has blocked
 * cookies, and with them all that pages could keep.
 */
export async function launchChromium({ cookies = true, ...options } = {}) {
  const profile = await mkdtemp(join(tmpdir(), "headwater-chromium-"));
  if (!cookies) {
    await mkdir(join(profile, "Default"), { recursive: true });
    const preferences = { profile: { default_content_setting_values: { cookies: 2 } } };
    await writeFile(join(profile, "Default", "Preferences"), JSON.stringify(preferences));
  }
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    args: CHROMIUM_FLAGS,
    headless: true,
    viewport: { width: 1280, height: 860 },
    ...options,
  });
  context.setDefaultTimeout(20_000);
  return withProfile(context, profile);
}

/** Firefox over WebDriver BiDi. Returns a puppeteer browser. */
export async function launchFirefox(options = {}) {
  const profile = await mkdtemp(join(tmpdir(), "headwater-firefox-"));
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: FIREFOX,
    headless: true,
    userDataDir: profile,
    defaultViewport: { width: 1280, height: 860 },
    ...options,
  });
  return withProfile(browser, profile);
}

function withProfile(browser, profile) {
  const close = browser.close.bind(browser);
  browser.close = async () => {
    await close().catch(() => undefined);
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  return browser;
}

/** What a page complains of: errors in its console, uncaught ones, and what its policy refused. */
export function complaintsOf(page) {
  const complaints = [];
  page.on("console", (message) => {
    const kind = message.type();
    if (kind === "error" || kind === "assert") complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
  return complaints;
}
