// The messages of a conversation: new ones at the end, older ones when somebody scrolls up.
import { morph, parsed } from "./morph.js";

const NEAR = 60; // pixels: who is so near the end follows it

export class Messages {
  constructor(scroll, list, button, path) {
    this.scroll = scroll;
    this.list = list;
    this.button = button;
    this.path = path;
    this.toEnd();
    new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && this.older(), {
      root: scroll,
      rootMargin: "600px 0px 0px 0px",
    }).observe(button);
  }

  change(put, gone) {
    const follows = this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < NEAR;
    for (const ts of gone) document.getElementById(`m-${ts}`)?.remove();
    for (const [ts, html] of put) this.put(Number(ts), parsed(html).firstElementChild);
    if (follows) this.toEnd();
  }

  put(ts, item) {
    const there = document.getElementById(item.id);
    if (there) {
      morph(there, item);
      return;
    }
    const first = this.list.firstElementChild;
    if (first && ts < Number(first.dataset.ts) && !this.button.hidden) return; // comes with the older ones
    const after = [...this.list.children].reverse().find((each) => Number(each.dataset.ts) < ts);
    if (after) after.after(item);
    else this.list.prepend(item);
  }

  toEnd() {
    this.scroll.scrollTop = this.scroll.scrollHeight;
    requestAnimationFrame(() => { this.scroll.scrollTop = this.scroll.scrollHeight; });
  }

  async older() {
    const first = this.list.firstElementChild;
    if (this.loading || this.button.hidden || !first) return;
    this.loading = true;
    try {
      const { html, more } = await (await fetch(`${this.path}/before/${first.dataset.ts}`)).json();
      this.list.parentElement.setAttribute("aria-busy", "true"); // what is old is no news
      const top = first.getBoundingClientRect().top;
      this.list.prepend(parsed(html));
      this.scroll.scrollTop += first.getBoundingClientRect().top - top;
      this.button.hidden = !more;
    } finally {
      this.list.parentElement.removeAttribute("aria-busy");
      this.loading = false;
    }
    if (!this.button.hidden && this.button.getBoundingClientRect().bottom > this.scroll.getBoundingClientRect().top - 600) {
      requestAnimationFrame(() => this.older());
    }
  }
}
