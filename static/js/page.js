// What every page has: the clock, menus that close, the theme switch, toasts that go away.

import "./count-down.js";
import "./live-clock.js";
import "./live-state.js";
import "./field-helpers.js";
import "./scrollers.js";
import "./search.js";

if (document.querySelector("[data-own-live]")) import("./own-live.js");

const TOAST_MS = 8000;

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (menu !== except) menu.open = false;
  }
}

document.addEventListener("click", (event) => closeMenus(event.target.closest("details[data-menu]")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details[data-menu][open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

// The page changes at once; the server remembers the choice meanwhile.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-theme-form]");
  if (!form) return;
  event.preventDefault();
  const root = document.documentElement;
  const dark = root.dataset.bsTheme
    ? root.dataset.bsTheme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  const theme = dark ? "light" : "dark";
  root.dataset.bsTheme = theme;
  const body = new FormData(form);
  body.set("theme", theme);
  fetch(form.action, { method: "POST", body, redirect: "manual" });
});

// Confirmation: <button data-dialog="id"> opens <dialog id>; inside, data-close closes it.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    event.preventDefault();
    document.getElementById(opener.dataset.dialog)?.showModal();
  }
  event.target.closest("[data-close]")?.closest("dialog")?.close();
});

// A form with data-lean leaves its empty fields out of the address.
document.addEventListener("htmx:configRequest", (event) => {
  if (!event.target.closest("form[data-lean]")) return;
  for (const [name, value] of [...event.detail.formData]) {
    if (value === "") event.detail.formData.delete(name);
  }
});

function retireToasts() {
  for (const toast of document.querySelectorAll("#toasts > :not(.error):not([data-seen])")) {
    toast.dataset.seen = "";
    setTimeout(() => toast.remove(), TOAST_MS);
  }
}
retireToasts();
document.addEventListener("htmx:afterSettle", retireToasts);
