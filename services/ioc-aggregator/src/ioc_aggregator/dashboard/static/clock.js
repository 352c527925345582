// The server's time. The browser's own clock may be wrong, and ages must not be: every age shown is
// the server's clock minus the server's as-of.

let offset = Date.now() - performance.now();

/** Take the server's answer to "what time is it", asked and answered at these moments. */
export function adjust(serverTime, asked, answered) {
  offset = Date.parse(serverTime) - (asked + answered) / 2;
}

export function now() {
  return performance.now() + offset;
}
