/** Server-sent events out of a stream (WHATWG HTML, section 9.2.6), of which only the data is wanted. */

/** Takes text in pieces, cut anywhere, and gives the data of each event that is whole. */
export class EventParser {
  #rest = "";
  #data = [];
  #afterReturn = false;

  /** The data of the events that end in this piece. */
  feed(text) {
    if (text === "") return [];
    // "\r" ended a line already; a "\n" that follows in the next piece belongs to it.
    const fresh = this.#afterReturn && text.startsWith("\n") ? text.slice(1) : text;
    this.#afterReturn = text.endsWith("\r");
    const lines = (this.#rest + fresh).split(/\r\n|\r|\n/);
    this.#rest = lines.pop();
    return lines.map((line) => this.#line(line)).filter((data) => data !== null);
  }

  #line(line) {
    if (line === "") return this.#event();
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
    if (field === "data") this.#data.push(value);
    return null;
  }

  #event() {
    const data = this.#data;
    this.#data = [];
    return data.length ? data.join("\n") : null;
  }
}

/** The data of each event of a response's body, as they come. */
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new EventParser();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    yield* parser.feed(piece.value);
  }
}
