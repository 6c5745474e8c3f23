/* Keys act on what carries data-key: links and buttons are pressed, fields are focused. Forms with data-swap are sent in
   the background and the page that comes back replaces this one, so that keys typed meanwhile are not lost. */
"use strict";

const STORED = "mailtriage-keys";
let busy = false;
let typedMeanwhile = [];
let shown = location.pathname + location.search;

const on = () => localStorage.getItem(STORED) !== "off";
const ticketShown = () => document.querySelector("[data-ticket]")?.dataset.ticket;
const isField = (element) => element.matches("input, textarea, select, [contenteditable]");
const takesEnter = (element) => element.matches("a[href], button, summary, iframe");

function act(key) {
  const target = [...document.querySelectorAll("[data-key]")].find((e) => e.dataset.key.split(" ").includes(key));
  if (target) {
    if (isField(target)) {
      target.focus({ preventScroll: true });
      target.scrollIntoView({ block: "nearest" });
      target.select?.();
    } else {
      target.click();
    }
    return true;
  }
  return (key === "j" || key === "k") && moveLine(key === "j" ? 1 : -1);
}

function moveLine(step) {
  const lines = [...document.querySelectorAll("[data-row]")];
  if (!lines.length) return false;
  const here = lines.indexOf(document.activeElement);
  lines[here < 0 ? 0 : Math.min(Math.max(here + step, 0), lines.length - 1)].focus();
  return true;
}

function openKeys() {
  const dialog = document.getElementById("keys");
  if (!dialog || dialog.open) return;
  dialog.querySelector("[data-keys-on]").checked = on();
  dialog.showModal();
}

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
  if (document.querySelector("dialog[open]")) return;
  if (isField(target)) {
    if (key === "Escape") target.blur();
    if (key === "Enter" && target.id === "topic") {
      event.preventDefault();
      target.blur();
      document.getElementById("set-topic").click();
    }
    return;
  }
  if (key === "?") {
    openKeys();
    event.preventDefault();
    return;
  }
  if (event.shiftKey || (key === "Enter" && takesEnter(target)) || (key !== "Enter" && !on())) return;
  if (busy) {
    typedMeanwhile.push(key);
    event.preventDefault();
  } else if (act(key)) {
    event.preventDefault();
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-open-keys]")) openKeys();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-keys-on]")) localStorage.setItem(STORED, event.target.checked ? "on" : "off");
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-swap]")) return;
  event.preventDefault();
  if (busy) return;
  busy = true;
  document.body.classList.add("busy");
  const to = event.submitter?.hasAttribute("formaction") ? event.submitter.formAction : form.action;
  try {
    const answer = await fetch(to, { method: "POST", body: new URLSearchParams(new FormData(form, event.submitter)) });
    swap(await answer.text(), answer);
  } catch {
    typedMeanwhile = [];
    complain("Not saved: the server does not answer. Try again.");
  } finally {
    busy = false;
    document.body.classList.remove("busy");
  }
  while (typedMeanwhile.length && !busy) act(typedMeanwhile.shift());
});

function swap(text, answer) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const before = ticketShown();
  const focused = document.activeElement?.matches(":focus-visible") ? document.activeElement.id : "";
  const unfolded = [...document.querySelectorAll("details[open][id]")].map((e) => e.id);
  const scrolled = [window.scrollY, document.querySelector(".panel")?.scrollTop ?? 0];
  document.title = page.title;
  document.body.replaceWith(page.body);
  if (answer.ok) {
    const stays = new URL(answer.url).pathname === location.pathname;
    history[stays ? "replaceState" : "pushState"](null, "", answer.url);
    shown = location.pathname + location.search;
  }
  if (before && before === ticketShown()) {
    unfolded.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
    window.scrollTo(0, scrolled[0]);
    document.querySelector(".panel").scrollTop = scrolled[1];
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  } else {
    typedMeanwhile = [];
    window.scrollTo(0, 0);
    document.getElementById("main").focus({ preventScroll: true });
  }
}

function complain(sentence) {
  const note = document.createElement("div");
  note.className = "notes bad";
  note.setAttribute("role", "alert");
  note.append(Object.assign(document.createElement("p"), { textContent: sentence }));
  document.querySelector(".notes")?.remove();
  document.getElementById("main").before(note);
}

addEventListener("popstate", () => {
  if (location.pathname + location.search !== shown) location.reload();
});
