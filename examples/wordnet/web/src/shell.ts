/** The page as an app: the service worker that starts it offline, a newer build of it, and its installation. */
import { find } from "./elements.js";

interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

export function keepShell(): void {
  offerInstallation();
  const root = document.documentElement;
  root.dataset["shell"] = "network";
  // Without a secure context there is no service worker; the page then works, but not with no network.
  if (!("serviceWorker" in navigator)) return;
  void navigator.serviceWorker.ready.then(() => {
    root.dataset["shell"] = "kept";
  });
  navigator.serviceWorker
    .register("/sw.js")
    .then((registration) => {
      const offer = (): void => {
        const waiting = registration.waiting;
        if (waiting !== null && navigator.serviceWorker.controller !== null) offerNewer(waiting);
      };
      offer();
      registration.addEventListener("updatefound", () => {
        registration.installing?.addEventListener("statechange", offer);
      });
    })
    .catch((error: unknown) => {
      root.dataset["shell"] = "refused";
      console.warn("this page could not keep itself for offline use:", error);
    });
}

function offerNewer(waiting: ServiceWorker): void {
  const button = find("#newer", HTMLButtonElement);
  button.hidden = false;
  button.onclick = () => {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    waiting.postMessage("take-over");
  };
}

function offerInstallation(): void {
  const button = find("#install", HTMLButtonElement);
  let prompt: InstallPrompt | undefined;
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    prompt = event as InstallPrompt;
    button.hidden = false;
  });
  addEventListener("appinstalled", () => {
    button.hidden = true;
  });
  button.addEventListener("click", () => {
    button.hidden = true;
    void prompt?.prompt();
  });
}
