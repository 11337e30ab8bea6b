/**
 * The Worker's module: makes the WebAssembly instance, once per isolate, and hands requests to it.
 *
 * `#wasm` is what wasm-bindgen wrote; the build puts the two together.
 */
import { fetch as answer, initSync, renew } from "#wasm";
import module from "./index_bg.wasm";

initSync({ module });

// A trap in one request must not spoil the next ones. It happens in a microtask of the engine's
// own, where only this event sees it; the runtime answers the request itself with status 500.
addEventListener("error", ({ error }) => {
  if (error instanceof WebAssembly.RuntimeError) renew();
});

export default {
  fetch(request, env, context) {
    return answer(request, env, context);
  },
};
