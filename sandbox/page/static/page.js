// Keeps the page fresh over one stream of events, and sends what somebody does. What is drawn, the server draws.
import { Completion } from "./completion.js";
import { Messages } from "./messages.js";
import { Modal } from "./modal.js";
import { morph, parsed } from "./morph.js";
import { connected, post } from "./post.js";

const { run, since, path } = document.body.dataset;
const byId = (id) => document.getElementById(id);
const box = byId("message");
const composer = byId("composer");
const messages = byId("messages") && new Messages(byId("scroll"), byId("messages"), byId("older"), path);
const modal = new Modal(byId("modal"), () => box ?? document.querySelector("main .scroll"));
const completion = composer && new Completion(box, byId("completion"), JSON.parse(composer.dataset.completion));

// --- what comes ------------------------------------------------------------------------------------------------------

let last = since;
let source;

function listen() {
  source = new EventSource(`${path}/stream?run=${run}&since=${last}`);
  source.addEventListener("open", () => connected(true));
  source.addEventListener("error", () => connected(false));
  on("again", () => location.reload());
  on("messages", ({ put, gone }) => messages.change(put, gone));
  on("regions", (regions) => {
    for (const [id, html] of Object.entries(regions)) morph(byId(id), parsed(html));
    if ("modal" in regions) modal.changed();
  });
}

function on(name, react) {
  source.addEventListener(name, (event) => {
    last = event.lastEventId;
    react(JSON.parse(event.data));
  });
}

// A browser opens six connections to one address at most: a page that nobody sees gives its own back.
document.addEventListener("visibilitychange", () => {
  source.close();
  if (!document.hidden) listen();
});
window.addEventListener("pagehide", () => source.close());
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
listen();
document.body.inert = false; // until here a press would have been lost
composer && box.focus();
modal.changed();

// --- what somebody does ----------------------------------------------------------------------------------------------

const deeds = {
  press: (button) => ask(button, () => send(button)),
  close: (button) => modal.close(button),
  confirm: (button) => answer(button, true),
  deny: (button) => answer(button, false),
  clock: (button) => busy(button, () => post("/clock", { step: button.dataset.clock })),
  tour: (button) => post("/tour", { do: button.dataset.tour }),
  fill: (button) => fill(button.dataset.fill),
  toggle: (button) => toggle(button.dataset.toggle),
  older: () => messages.older(),
};

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.overflow[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const target = event.target.closest("button, a[data-press]");
  const name = target && Object.keys(deeds).find((each) => each in target.dataset);
  if (name) deeds[name](target);
});

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (event.target === composer) await say();
  else await modal.submit(event.target);
});

// A line of text is told by Enter alone, as in Slack: to go elsewhere is no answer.
document.addEventListener("change", (event) => {
  if (!event.target.matches("input:is([type=text], [type=url], [type=email])")) dispatch(event.target);
});

let typing;
document.addEventListener("input", (event) => {
  if (!event.target.matches?.("[data-each-character]")) return;
  clearTimeout(typing);
  typing = setTimeout(() => dispatch(event.target), 300);
});

document.addEventListener("keydown", (event) => {
  if (event.target === box && completion?.press(event.key)) {
    event.preventDefault();
  } else if (event.key === "Enter" && event.target.matches("input[data-dispatch]:not([type=checkbox], [type=radio])")) {
    event.preventDefault();
    dispatch(event.target);
  } else if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.overflow[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
      event.preventDefault();
    }
  }
});

async function say() {
  const text = box.value;
  completion.close();
  box.value = "";
  if (!(await post(composer.action, { text })) && !box.value) box.value = text;
}

function dispatch(field) {
  if (field.matches?.("[data-dispatch]")) ask(field, () => send(field));
}

async function send(control) {
  const form = control.closest("form");
  const { press, dispatch: chosen, value } = control.dataset;
  const fields = new URLSearchParams(new FormData(form));
  fields.set("version", form.dataset.version);
  fields.set("press", press ?? chosen);
  if (value !== undefined) fields.set("value", value);
  const menu = control.closest("details.overflow");
  if (menu) menu.open = false;
  await busy(control, () => post(form.action, fields));
}

// Pressed twice in haste, a button is pressed once. It stays focusable meanwhile.
async function busy(control, work) {
  if (control.getAttribute("aria-disabled") === "true") return;
  control.setAttribute("aria-disabled", "true");
  try {
    await work();
  } finally {
    control.removeAttribute("aria-disabled");
  }
}

// --- confirmations ---------------------------------------------------------------------------------------------------

let asked;

function ask(control, act) {
  const dialog = control.dataset.asks && byId(control.dataset.asks);
  if (!dialog) {
    act();
    return;
  }
  asked = { control, act };
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "yes") reset(control);
    control.focus();
  }, { once: true });
  dialog.returnValue = "";
  dialog.showModal();
}

function answer(button, yes) {
  button.closest("dialog").close(yes ? "yes" : "no");
  if (yes) asked.act();
}

function reset(control) {
  if (control.nodeName === "SELECT") {
    control.selectedIndex = Math.max(0, [...control.options].findIndex((option) => option.defaultSelected));
  } else if (control.type === "checkbox" || control.type === "radio") {
    control.checked = control.defaultChecked;
  } else if ("defaultValue" in control) {
    control.value = control.defaultValue;
  }
}

// --- panels, the tour ------------------------------------------------------------------------------------------------

function fill(text) {
  if (!composer) return;
  box.value = text;
  box.focus();
}

function toggle(id, show = document.body.classList.toggle(`with-${id}`)) {
  document.body.classList.toggle(`with-${id}`, show);
  if (id === "panel") {
    byId("panel").hidden = !show;
    sessionStorage.setItem("panel", show ? "shown" : "");
  }
  const opener = document.querySelector(`header.top [data-toggle=${id}]`);
  opener.setAttribute("aria-expanded", String(show));
  if (show) byId(id).querySelector("a, [tabindex]")?.focus();
  else opener.focus();
}

// `toggle` does not bubble.
document.addEventListener("toggle", async (event) => {
  const { body } = event.target.dataset;
  const shown = event.target.querySelector("pre.body");
  if (!body || !event.target.open || shown.textContent) return;
  shown.replaceChildren(parsed(await (await fetch(body)).text()));
}, true);

if (sessionStorage.getItem("panel")) {
  document.body.classList.add("with-panel");
  byId("panel").hidden = false;
  document.querySelector("header.top [data-toggle=panel]").setAttribute("aria-expanded", "true");
}
if (byId("home")) post(`${path}/opened`, {});
