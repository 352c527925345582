// The stream of changes: opened after a snapshot, resumed where it broke off.

export class Live {
  #source = null;
  #after = 0;
  #entry;
  #state;
  #gone;

  /**
   * `entry(data)` takes each change, `state(open)` each turn of the connection. `gone()` is called
   * when the stream cannot be resumed (trimmed, refused): only a new snapshot helps then.
   */
  constructor({ entry, state, gone }) {
    this.#entry = entry;
    this.#state = state;
    this.#gone = gone;
  }

  get after() {
    return this.#after;
  }

  start(after) {
    this.close();
    this.#after = after;
    const source = new EventSource(`feed/stream?after=${after}`);
    source.addEventListener("open", () => this.#state(true));
    source.addEventListener("indicator-changed", (event) => {
      this.#after = Number(event.lastEventId);
      this.#entry(JSON.parse(event.data).data);
    });
    source.addEventListener("error", () => {
      this.#state(false);
      // While it is CONNECTING the browser itself resumes, sending the last id it has seen.
      if (source.readyState === EventSource.CLOSED && this.#source === source) {
        this.close();
        this.#gone();
      }
    });
    this.#source = source;
  }

  get open() {
    return this.#source?.readyState === EventSource.OPEN;
  }

  get closed() {
    return this.#source === null;
  }

  close() {
    this.#source?.close();
    this.#source = null;
  }
}
