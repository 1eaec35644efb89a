// Makes a part of the page look like new HTML while everything that stays keeps its focus, its scroll position and what
// somebody has typed into it.

export function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

export function morph(target, source) {
  const wanted = new Set([...source.children].map((child) => child.id).filter(Boolean));
  const known = new Map();
  for (const child of [...target.children]) {
    if (!child.id) continue;
    if (wanted.has(child.id)) known.set(child.id, child);
    else child.remove();
  }
  let at = target.firstChild;
  for (const next of [...source.childNodes]) {
    const same = known.get(next.id) ?? (at && isAlike(at, next) ? at : null);
    if (!same) {
      target.insertBefore(next, at);
      continue;
    }
    if (same === at) at = at.nextSibling;
    else target.insertBefore(same, at);
    morphNode(same, next);
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

function isAlike(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName && (one.id ?? "") === (other.id ?? "");
}

function morphNode(old, next) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== next.data) old.data = next.data;
    return;
  }
  if (old.hasAttribute("data-keep")) return;
  const entered = startValue(old);
  morphAttributes(old, next);
  if (old.nodeName === "TEXTAREA") old.defaultValue = next.defaultValue;
  else morph(old, next);
  // What somebody types is theirs, until the server says something else than it said before.
  if (entered !== startValue(old)) enterStartValue(old);
}

function morphAttributes(old, next) {
  for (const { name } of [...old.attributes]) {
    const opened = name === "open" && (old.nodeName === "DIALOG" || old.nodeName === "DETAILS");
    if (!next.hasAttribute(name) && !opened) old.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

function startValue(element) {
  switch (element.nodeName) {
    case "SELECT": return [...element.options].filter((option) => option.defaultSelected).map((option) => option.value).join();
    case "TEXTAREA": return element.defaultValue;
    case "INPUT": return isTick(element) ? String(element.defaultChecked) : element.defaultValue;
    default: return "";
  }
}

function enterStartValue(element) {
  if (element.nodeName === "SELECT") element.value = startValue(element);
  else if (isTick(element)) element.checked = element.defaultChecked;
  else element.value = element.defaultValue;
}

function isTick(element) {
  return element.type === "checkbox" || element.type === "radio";
}
