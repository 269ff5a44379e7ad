// The bulletin page works without this: each sign leads to its entry below the text. Here the entry comes to the sign.

const article = document.querySelector("article");
const slip = document.createElement("div");
const slipBar = document.getElementById("slip-bar");
const bar = slipBar.content;
slip.className = "slip";
slip.popover = "auto";
slip.id = "slip";
slip.tabIndex = -1;
slip.setAttribute("role", "dialog");

const SIGNS = "a.sign, a.gone";
// The sign whose entry is shown.
let shown;

// What is heard of a sign is said in full; the page has it short, as it is printed, for there may be hundreds.
for (const sign of document.querySelectorAll(SIGNS)) {
  const kind = sign.hash[1] === "r" ? "repair" : "suggestion";
  sign.dataset.short = sign.ariaLabel;
  sign.ariaLabel = slipBar.dataset[kind].replace("{n}", sign.hash.slice(2));
  sign.dataset.t = `bulletin.${kind}_name`;
}

/** The entry that a sign leads to. */
const entryOf = (sign) => document.getElementById(sign.hash.slice(1));

/** Show the entry of a sign beside it. */
function open(sign) {
  const copy = entryOf(sign).cloneNode(true);
  copy.removeAttribute("id");
  for (const details of copy.querySelectorAll("details")) details.open = true;
  const list = document.createElement("ol");
  list.className = "apparatus";
  list.append(copy);
  mark(false);
  shown = sign;
  mark(true);
  slip.setAttribute("aria-label", sign.ariaLabel);
  slip.replaceChildren(list, bar.cloneNode(true));
  english?.again();
  if (!slip.matches(":popover-open")) slip.showPopover();
  place(sign.getBoundingClientRect());
  slip.focus({ preventScroll: true });
}

function mark(on) {
  shown?.toggleAttribute("data-shown", on);
}

/** Below the sign, or above it where there is more room, and inside the window. */
function place(at) {
  const { width, height } = slip.getBoundingClientRect();
  const left = Math.max(8, Math.min(at.left - 24, innerWidth - width - 12));
  const below = at.bottom + 8;
  const top = below + height <= innerHeight || at.top < height + 16 ? below : at.top - height - 8;
  slip.style.left = `${left + scrollX}px`;
  slip.style.top = `${top + scrollY}px`;
}

/** Go to the sign before or after the one that is shown, within its view. */
function step(by) {
  const signs = [...document.querySelectorAll(SIGNS)].filter((sign) => sign.checkVisibility());
  const next = signs[signs.indexOf(shown) + by];
  if (!next) return;
  next.scrollIntoView({ block: "nearest" });
  open(next);
}

if (typeof slip.showPopover === "function") {
  article.append(slip);
  article.addEventListener("click", (event) => {
    const sign = event.target.closest(SIGNS);
    if (!sign || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(sign);
  });
  slip.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (button?.dataset.step) step(Number(button.dataset.step));
    else if (button || target.closest("a")) slip.hidePopover();
  });
  slip.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    step(by);
  });
  slip.addEventListener("beforetoggle", ({ newState }) => {
    if (newState !== "closed") return;
    mark(false);
    if (slip.contains(document.activeElement)) shown.focus({ preventScroll: true });
  });
}

// Which view is the current one follows from the address; a style shows it, and this says it. What the address names has
// the same name in the other script.
const tabs = { collated: document.querySelector(".to-collated"), received: document.querySelector(".to-received") };
const reading = document.querySelector(".views .here");
const twins = document.querySelectorAll(".scripts a, .views a[hreflang]");

function current() {
  const view = document.getElementById(location.hash.slice(1))?.closest("#collated, #received")?.id;
  for (const tab of [reading, ...Object.values(tabs)]) tab.removeAttribute("aria-current");
  (tabs[view] ?? reading).setAttribute("aria-current", view ? "true" : "page");
  for (const twin of twins) twin.hash = location.hash;
}

addEventListener("hashchange", current);
current();

// The site's words in English, where the reader has asked for them, here or on another page (prefs.js knows).
const button = document.querySelector(".english");
const { dataset } = document.documentElement;
let english;

async function label(wanted) {
  english ??= await import("./english.js");
  await english.say(wanted);
  button.setAttribute("aria-pressed", wanted);
  current();
}

button.addEventListener("click", () => {
  const wanted = button.getAttribute("aria-pressed") !== "true";
  try {
    localStorage.setItem("tongbao-labels", wanted ? "en" : "");
  } catch {
    // The browser keeps nothing for this site.
  }
  history.replaceState(history.state, "", location.pathname + location.hash); // What was asked for by the address is over.
  label(wanted);
});
if (dataset.labels) {
  const done = () => (dataset.labels = "said");
  label(true).then(done, done);
}

// Words that somebody selects can be copied with their source.
let waiting, quoting;
document.addEventListener("selectionchange", () => {
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    const { isCollapsed, anchorNode } = getSelection();
    if (isCollapsed ? quoting : document.querySelector(".views-of-text").contains(anchorNode)) {
      quoting = true;
      (await import("./quote.js")).offer();
    }
  }, 300);
});

document.getElementById("cite").addEventListener("toggle", () => import("./cite.js"), { once: true });
