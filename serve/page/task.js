/** What a panel is doing: the button that starts it, the one that stops it, and the line that tells how it goes. */

import { one } from "./dom.js";

export class Task {
  #controller = null;

  constructor(panel) {
    this.panel = panel;
    this.status = one(".status", panel);
    this.start = one("button.main", panel);
    this.halt = one("button.stop", panel);
    this.halt?.addEventListener("click", () => this.#controller?.abort());
  }

  /** Says one line to everybody, also to those who listen. */
  tell(text, kind = "") {
    this.status.textContent = text;
    this.status.className = `status ${kind}`;
  }

  /** Ends what is going on, without a word: something else takes its place. */
  drop() {
    this.#controller?.abort();
    this.#ended();
  }

  /** Does `work(signal, tell)` in place of what is still going on; its errors end on the line. */
  async run(work) {
    this.drop();
    const controller = new AbortController();
    this.#controller = controller;
    this.#busy(true);
    try {
      await work(controller.signal, (text) => controller.signal.aborted || this.tell(text));
    } catch (error) {
      if (this.#controller === controller) this.#failed(error);
    } finally {
      if (this.#controller === controller) this.#ended();
    }
  }

  #failed(error) {
    if (error.name === "AbortError") this.tell("Stopped.");
    else this.tell(error.message, "bad");
  }

  #ended() {
    this.#controller = null;
    this.#busy(false);
  }

  /** A button that hides must not take the focus with it. */
  #busy(busy) {
    this.panel.classList.toggle("busy", busy);
    if (!this.halt) return;
    if (!busy && this.halt === document.activeElement) this.start.focus();
    this.halt.hidden = !busy;
  }
}
