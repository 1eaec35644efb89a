// The message box as a combobox: commands, their words, people and channels are completed with the arrow keys and Tab.

export class Completion {
  constructor(box, list, offered) {
    this.box = box;
    this.list = list;
    this.offered = offered;
    this.chosen = -1;
    box.addEventListener("input", () => this.offer());
    box.addEventListener("blur", () => this.close());
    list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option) this.accept(option.dataset.text);
    });
  }

  get isOpen() {
    return !this.list.hidden;
  }

  offer() {
    const written = this.box.value.slice(0, this.box.selectionStart);
    const word = written.split(/\s/).at(-1);
    const options = this.candidates(written, word).filter(({ text }) => text.startsWith(word.toLowerCase()));
    this.close();
    if (!options.length || options.some(({ text }) => text === word.toLowerCase())) return;
    this.list.replaceChildren(...options.slice(0, 16).map((option, place) => drawn(option, place)));
    this.list.hidden = false;
    this.box.setAttribute("aria-expanded", "true");
  }

  candidates(written, word) {
    const { commands, people, channels } = this.offered;
    if (word.startsWith("@")) return people;
    if (word.startsWith("#")) return channels;
    if (written === word && word.startsWith("/")) return commands;
    const command = commands.find(({ text }) => written === `${text} ${word}`);
    return command ? command.words.map((text) => ({ text, about: "" })) : [];
  }

  // Whether the key was for the list.
  press(key) {
    if (!this.isOpen) return false;
    const options = [...this.list.children];
    if (key === "ArrowDown" || key === "ArrowUp") {
      const step = key === "ArrowDown" ? 1 : -1;
      this.chosen = (Math.max(this.chosen, step < 0 ? 0 : -1) + step + options.length) % options.length;
      options.forEach((option, place) => option.setAttribute("aria-selected", String(place === this.chosen)));
      options[this.chosen].scrollIntoView({ block: "nearest" });
      this.box.setAttribute("aria-activedescendant", options[this.chosen].id);
      return true;
    }
    if (key === "Escape") {
      this.close();
      return true;
    }
    if (key === "Tab" || (key === "Enter" && this.chosen >= 0)) {
      this.accept(options[Math.max(this.chosen, 0)].dataset.text);
      return true;
    }
    return false;
  }

  accept(text) {
    const caret = this.box.selectionStart;
    const start = this.box.value.slice(0, caret).search(/\S*$/);
    this.box.setRangeText(`${text} `, start, caret, "end");
    this.box.dispatchEvent(new Event("input"));
  }

  close() {
    this.chosen = -1;
    this.list.hidden = true;
    this.list.replaceChildren();
    this.box.setAttribute("aria-expanded", "false");
    this.box.removeAttribute("aria-activedescendant");
  }
}

function drawn({ text, hint, about }, place) {
  const option = document.createElement("li");
  option.id = `completion-${place}`;
  option.role = "option";
  option.dataset.text = text;
  option.setAttribute("aria-selected", "false");
  const name = document.createElement("b");
  name.textContent = text;
  const more = document.createElement("span");
  more.className = "hint";
  more.textContent = [hint, about].filter(Boolean).join(" ");
  option.append(name, " ", more);
  return option;
}
