// The window in front of the person, which the server opens, changes and closes.
import { post } from "./post.js";

export class Modal {
  constructor(region, elsewhere) {
    this.region = region;
    this.elsewhere = elsewhere; // where the focus goes when what it came from is gone
    this.shown = "";
    this.submitted = false;
    // Escape closes a modal by way of the server, which tells the app where it asked for that.
    region.addEventListener("cancel", (event) => {
      if (!event.target.matches("dialog.modal")) return;
      event.preventDefault();
      this.close(event.target);
    }, true);
  }

  get dialog() {
    return this.region.querySelector("dialog.modal");
  }

  // After the region was drawn anew.
  changed() {
    const { dialog } = this;
    if (!dialog) {
      if (this.shown) (document.getElementById(this.from) ?? this.elsewhere())?.focus();
      this.shown = "";
      return;
    }
    if (!dialog.open) {
      this.from = document.activeElement?.id;
      dialog.showModal();
    }
    const now = `${dialog.dataset.view} ${dialog.dataset.hash}`;
    const wrong = dialog.querySelector("[aria-invalid=true]");
    if (this.submitted && wrong) (wrong.matches("fieldset") ? wrong.querySelector("input") : wrong).focus();
    else if (now !== this.shown) this.start(dialog);
    this.shown = now;
    this.submitted = false;
  }

  start(dialog) {
    const field = dialog.querySelector("[data-focus]") ?? dialog.querySelector(".body :is(input, select, textarea)");
    (field ?? dialog.querySelector("h2")).focus();
    dialog.querySelector(".body").scrollTop = 0;
  }

  async submit(form) {
    if (form.ariaBusy === "true") return;
    const fields = new URLSearchParams(new FormData(form));
    fields.set("version", form.dataset.version);
    form.ariaBusy = "true";
    this.submitted = true;
    await post(form.action, fields);
    form.removeAttribute("aria-busy");
  }

  async close(inside) {
    await post(inside.closest("dialog").dataset.close, {});
  }
}
