// A form in the browser: what is typed stays here until a button is pressed, and then goes with the press.
// Text from outside is only ever set as text or as the value of a property, never as markup.

const TYPING = "input:not([type=checkbox]), textarea, select, [contenteditable=true]";
const ACTIVE = `${TYPING}, button, input, a, summary, label, [role=button]`;
const PATIENCE = 400;

export default { render };

function render({ model, el }) {
  const unique = Math.random().toString(36).slice(2);
  const root = made("div", "ak-form", { role: "group", tabindex: "-1" });
  const fields = made("div", "ak-fields");
  const row = made("div", "ak-buttons");
  const told = made("p", "ak-told", { role: "status" });
  const inputs = new Map();
  const offered = new Map();
  const agreed = new Map(); // what this form told the kernel last of each field, or was told
  const buttons = new Map();
  let last = 0; // the number of the last press, and below whether it was answered, and which act waits for words
  let waiting = false;
  let wanted = "";
  root.append(fields, row, told);
  el.append(root);

  const listening = [
    ["fields", drawFields],
    ["buttons", drawButtons],
    ["values", () => { if (!waiting) settle(); }],
    ["told", answered],
    ["cleared", clear],
    ["who", () => take("who", model.get("who"))],
    ["shown", () => { wanted = ""; }],
  ];
  for (const [name, act] of listening) model.on(`change:${name}`, act);
  // Before JupyterLab, which has commands of its own under plain letters: it listens at the document.
  window.addEventListener("keydown", typed, true);
  window.addEventListener("click", clicked);
  drawFields();
  drawButtons();
  say(model.get("told"));
  return () => {
    for (const [name, act] of listening) model.off(`change:${name}`, act);
    window.removeEventListener("keydown", typed, true);
    window.removeEventListener("click", clicked);
  };

  function drawFields() {
    const longest = Math.max(...model.get("fields").filter(field => !field.tick).map(field => field.label.length));
    root.style.setProperty("--ak-label", `max(62px, ${longest}ch)`);
    for (const field of model.get("fields")) {
      if (!inputs.has(field.name)) fields.append(drawn(field));
      offer(field);
    }
    if (!waiting) settle();
    fold();
  }

  function drawn(field) {
    const id = `${unique}-${field.name}`;
    const box = made("div", field.wide ? "ak-field ak-wide" : "ak-field");
    const input = made(field.choice ? "select" : field.lines > 1 ? "textarea" : "input", "", { id });
    const label = made("label", "", { for: id });
    label.textContent = field.label;
    if (field.tick) {
      box.classList.add("ak-tick");
      box.append(input, label);
      input.type = "checkbox";
    } else {
      box.append(label, input);
      if (!field.choice) Object.assign(input, { placeholder: field.hint, autocomplete: "off", spellcheck: field.name === "reason" });
      if (field.lines > 1) input.rows = field.lines;
      else if (!field.choice) input.type = "text";
    }
    inputs.set(field.name, input);
    write(field.name, field.name === "who" ? model.get("who") : model.get("values")[field.name]);
    if (field.name === "who") input.addEventListener("change", () => { model.set("who", input.value); model.save_changes(); });
    else listen(field.name, input);
    return box;
  }

  // A field is left, Enter is pressed in it, or one of what it offers is chosen, which no event but this tells at once.
  function listen(name, input) {
    input.addEventListener("change", () => { fold(); changed(name); });
    input.addEventListener("keydown", event => { if (event.key === "Enter" && input.tagName === "INPUT") changed(name); });
    input.addEventListener("input", event => { if (event.inputType === "insertReplacementText") changed(name); });
  }

  function offer(field) {
    const input = inputs.get(field.name);
    const known = offered.get(field.name) ?? [];
    if (known.length === field.options.length && known.every((one, at) => one === field.options[at])) return;
    offered.set(field.name, field.options);
    const list = field.choice ? input : input.parentElement.querySelector("datalist") ?? made("datalist", "", { id: `${input.id}-offered` });
    if (!field.choice) {
      input.parentElement.append(list);
      input.setAttribute("list", list.id);
    }
    const before = input.value;
    list.replaceChildren(...field.options.map(option => {
      const one = document.createElement("option");
      one.value = one.textContent = option;
      return one;
    }));
    if (field.choice) input.value = [before, model.get("values")[field.name]].find(one => field.options.includes(one)) ?? field.options[0] ?? "";
  }

  // A field stays away until the one that it hangs on holds what it is for.
  function fold() {
    for (const { name, when } of model.get("fields")) {
      if (when) inputs.get(name).parentElement.hidden = !when[1].includes(read(when[0]));
    }
  }

  function read(name) {
    const input = inputs.get(name);
    return input.type === "checkbox" ? (input.checked ? "yes" : "") : input.value;
  }

  function write(name, word) {
    const input = inputs.get(name);
    agreed.set(name, word);
    if (input.type === "checkbox") input.checked = word !== "";
    else if (input.value !== word) input.value = word;
  }

  // What the kernel has for the fields of an eager form, save where something else was typed since.
  function settle() {
    if (!model.get("eager")) return;
    for (const [name, word] of Object.entries(model.get("values"))) if (read(name) === agreed.get(name)) write(name, word);
    fold();
  }

  function changed(name) {
    if (model.get("eager") && read(name) !== agreed.get(name)) send("");
  }

  function drawButtons() {
    const now = model.get("buttons");
    let place = row.firstChild;
    for (const [act, button] of buttons) {
      if (now.some(one => one.act === act)) continue;
      if (place === button) place = button.nextSibling;
      button.remove();
      buttons.delete(act);
    }
    for (const one of now) {
      // The same element in the same place under another label, so that the cursor stays on it.
      const button = buttons.get(one.act) ?? made("button", one.apart ? "ak-apart" : "", { type: "button" });
      if (!buttons.has(one.act)) button.addEventListener("click", () => press(one.act));
      button.replaceChildren(one.label);
      if (one.key) {
        const key = made("kbd", "", { "aria-hidden": "true" });
        key.textContent = one.key;
        button.append(key);
        button.setAttribute("aria-keyshortcuts", one.key);
      }
      buttons.set(one.act, button);
      if (place === button) place = button.nextSibling;
      else row.insertBefore(button, place);
    }
    const known = keys();
    root.setAttribute("aria-label", model.get("label") + (known.size ? `. Keys: ${listed(known)}` : ""));
  }

  function keys() {
    return new Map(model.get("buttons").filter(one => one.key).map(one => [one.key, one]));
  }

  function press(act) {
    wanted = act;
    send(act);
  }

  function send(act) {
    last = Math.max(last, model.get("told").press) + 1;
    waiting = true;
    const words = Object.fromEntries([...inputs.keys()].map(name => [name, read(name)]));
    const typed = Object.keys(words).filter(name => words[name] !== agreed.get(name));
    for (const name of typed) agreed.set(name, words[name]);
    model.send({ act, words, typed, shown: model.get("shown"), press: last });
    const mine = last;
    setTimeout(() => {
      if (waiting && last === mine) say({ words: model.get("busy"), state: "waiting" });
    }, PATIENCE);
  }

  function answered() {
    const answer = model.get("told");
    if (waiting && answer.press < last) return;
    const mine = waiting;
    waiting = false;
    settle();
    say(answer);
    if (!mine) return;
    if (answer.focus) {
      inputs.get(answer.focus)?.focus();
      const one = model.get("buttons").find(button => button.act === wanted);
      // Enter in the name only enters the name.
      if (one && answer.focus !== "who") say({ ...answer, words: `${answer.words}. Enter decides: ${one.label.toLowerCase()}` });
    }
    else if (keyed() && fields.contains(document.activeElement)) root.focus({ preventScroll: true });
    if (!answer.focus) wanted = "";
  }

  function say({ words, state }) {
    told.className = `ak-told ak-${state || "silent"}`;
    told.textContent = words;
  }

  function clear() {
    for (const field of model.get("fields")) if (!field.choice && field.name !== "who") write(field.name, field.value);
  }

  function take(name, value) {
    const input = inputs.get(name);
    if (input !== document.activeElement) input.value = value;
  }

  function keyed() {
    return keys().size ? root.closest(".ak-keyed") : null;
  }

  function typed(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const target = event.target;
    if (fields.contains(target)) return typedInField(event);
    const panel = keyed();
    if (!panel || !panel.contains(target) || target.closest(TYPING)) return;
    if (event.key.length !== 1 || event.key === " ") return;
    taken(event);
    if (event.repeat) return;
    const known = keys();
    const one = known.get(event.key.toLowerCase());
    if (one) press(one.act);
    else say({ words: `No key ${event.key}: the keys are ${listed(known)}.`, state: "refused" });
  }

  function typedInField(event) {
    if (event.key === "Enter" && event.target === inputs.get("who")) {
      taken(event);
      event.target.blur();
      if (keyed()) root.focus({ preventScroll: true });
    } else if (event.key === "Enter" && wanted && !waiting && event.target.tagName !== "TEXTAREA") {
      taken(event);
      press(wanted);
    } else if (event.key === "Escape" && keyed()) {
      taken(event);
      root.focus({ preventScroll: true });
    }
  }

  // A click on the text of the panel puts the cursor where letters are keys.
  function clicked(event) {
    const panel = keyed();
    if (!panel || !panel.contains(event.target) || event.target.closest(ACTIVE)) return;
    if (document.getSelection().isCollapsed) root.focus({ preventScroll: true });
  }
}

function listed(known) {
  return [...known].map(([key, one]) => `${key} ${one.label.toLowerCase()}`).join(", ");
}

function taken(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

function made(tag, classes, attributes = {}) {
  const node = document.createElement(tag);
  if (classes) node.className = classes;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
