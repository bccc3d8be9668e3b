export interface SseMessage {
  readonly id: string | null;
  readonly event: string;
  readonly data: string;
}

/** Takes text as it comes and gives whole messages; comments and unknown fields are passed over. */
export class SseReader {
  #rest = "";
  #id: string | null = null;

  read(chunk: string): SseMessage[] {
    this.#rest += chunk;
    const messages: SseMessage[] = [];
    for (;;) {
      const end = /\r\n\r\n|\n\n|\r\r/.exec(this.#rest);
      if (end === null) return messages;
      const block = this.#rest.slice(0, end.index);
      this.#rest = this.#rest.slice(end.index + end[0].length);
      const message = this.#message(block);
      if (message !== null) messages.push(message);
    }
  }

  #message(block: string): SseMessage | null {
    let event = "message";
    const data: string[] = [];
    for (const line of block.split(/\r\n|\n|\r/)) {
      if (line === "" || line.startsWith(":")) continue;
      const colon = line.indexOf(":");
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "event") event = value;
      else if (field === "data") data.push(value);
      else if (field === "id") this.#id = value;
    }
    return data.length === 0 ? null : { id: this.#id, event, data: data.join("\n") };
  }
}
