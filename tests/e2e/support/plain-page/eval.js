let ran = false;
try {
  ran = new Function("return true")();
} catch {
  // Forbidden by the policy, as it should be.
}
dispatchEvent(new CustomEvent("eval-tried", { detail: ran }));
